# ring3. `make` builds everything into build/; `make run` is the main job; `make test` tests.
#   make run        installs what is missing, builds, lets vionet.sys carry a ping over slirp and wskecho.sys serve a client
#   make test       all tests that need neither root nor network (JOBS=N, ONLY=unit|guest|system)
#   make orders     loads and unloads the callout drivers in a thousand orders under traffic
#   make bench      measures, with ratios against the peer run beside it
#   make tidy       layers, sizes, leftovers, help against docs, headers that compile alone
#   make fuzz       every fuzz target for FUZZ_SECONDS (10) seconds each
#   make install    the program, its drivers and the SDK below PREFIX (/usr/local)
#   make sanitize   builds and tests with AddressSanitizer and UndefinedBehaviorSanitizer in build/asan
# BUILD=DIR builds elsewhere; CC=clang-19 uses the other compiler.
BUILD ?= build
CC := gcc
OPT ?= -O2
SAN ?=
CCACHE := $(shell command -v ccache 2>/dev/null)

LAYERS := base host wire disk dev pe nt ndis storport wdf fwp tcpip netio check machine pkg fuzz debug cli
WARN := -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wno-unknown-pragmas -Wno-missing-field-initializers \
        -Wno-unused-parameter -Wno-attributes
ifeq ($(findstring clang,$(CC)),)
WARN += -Wno-format-truncation -Wno-dangling-pointer
endif
CPPFLAGS += -D_GNU_SOURCE -DRING3_HOST -Isdk/include -Isrc -Iinclude -isystem /usr/include/lwip -isystem /usr/include/libxml2
CFLAGS += -std=gnu11 $(OPT) -g -fno-strict-aliasing -fPIE -mfsgsbase -mno-red-zone -fasynchronous-unwind-tables $(WARN)
LDFLAGS += -pie -rdynamic
LDLIBS += -lssl -lcrypto -lxml2 -lZydis -llwip -lslirp -lpcap -luring -lresolv -ldl

ifneq ($(SAN),)
  CFLAGS += -fsanitize=$(SAN) -fno-sanitize=alignment -fno-sanitize-recover=undefined -fno-omit-frame-pointer
  LDFLAGS += -fsanitize=$(SAN)
endif

.DEFAULT_GOAL := all
.PHONY: all host unit-tests run test orders bench tidy fuzz fuzzers clean packages sanitize install
.DELETE_ON_ERROR:

include mk/drivers.mk

SOURCES := $(sort $(foreach l,$(LAYERS),$(wildcard src/$(l)/*.c src/$(l)/*.S)))
OBJECTS := $(SOURCES:src/%=$(BUILD)/obj/%.o) $(BUILD)/obj/gen/exports.o $(BUILD)/obj/gen/ntstatus.o $(BUILD)/obj/gen/replaced.o $(BUILD)/obj/gen/templates.o $(BUILD)/obj/gen/audit.o
LIB_OBJECTS := $(filter-out $(BUILD)/obj/cli/main.c.o,$(OBJECTS))

all: host drivers

host: $(BUILD)/ring3

$(BUILD)/ring3: $(OBJECTS)
	@echo "  LINK $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Everything but main(), for unit tests, benches and fuzz targets. Linked whole: rules and verbs register by being there.
$(BUILD)/libring3.a: $(LIB_OBJECTS)
	@rm -f $@ && ar rcs $@ $^
WHOLE = -Wl,--whole-archive $(BUILD)/libring3.a -Wl,--no-whole-archive

$(BUILD)/obj/%.o: src/% Makefile
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CCACHE) $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# What `ring3 new` starts from: our own drivers, and the files around them.
TEMPLATE_DRIVERS := vhub vlanmux lwfcount rawport wskecho warden vioblk ramlun
TEMPLATE_FILES := $(sort $(wildcard src/pkg/templates/* drivers/lib/*.[ch] $(foreach d,$(TEMPLATE_DRIVERS),drivers/$(d)/*.[ch] drivers/$(d)/*/*.[ch] drivers/$(d)/*.inf)))
$(BUILD)/gen/templates.c: $(TEMPLATE_FILES) tools/templates.awk
	@mkdir -p $(@D)
	@awk -f tools/templates.awk $(TEMPLATE_FILES) > $@

$(BUILD)/obj/gen/templates.o: $(BUILD)/gen/templates.c
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/obj/gen/exports.o: $(BUILD)/gen/exports.c
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(CFLAGS) -Wno-unknown-warning-option -Wno-builtin-declaration-mismatch -Wno-incompatible-library-redeclaration -c -o $@ $<

$(BUILD)/gen/ntstatus.c: src/nt/ntstatus_text.tsv sdk/include/ntstatus.h tools/ntstatus.awk
	@mkdir -p $(@D)
	@awk -f tools/ntstatus.awk src/nt/ntstatus_text.tsv sdk/include/ntstatus.h > $@

$(BUILD)/gen/replaced.c: src/ndis/ndis5.tsv tools/replaced.awk
	@mkdir -p $(@D)
	@awk -f tools/replaced.awk src/ndis/ndis5.tsv > $@

$(BUILD)/gen/audit.c: src/pkg/audit_functions.tsv tools/audit.awk
	@mkdir -p $(@D)
	@awk -f tools/audit.awk src/pkg/audit_functions.tsv > $@

$(BUILD)/obj/gen/ntstatus.o $(BUILD)/obj/gen/replaced.o $(BUILD)/obj/gen/audit.o: $(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# --- unit tests: one program for each tests/unit/<folder>/<name>.c ---------------------------------------------

UNIT_SOURCES := $(sort $(wildcard tests/unit/*/*.c))
UNIT_TESTS := $(UNIT_SOURCES:tests/unit/%.c=$(BUILD)/tests/unit/%)
# Some 300 programs with all of ring3 in each: lld links them in a third of the time, and without debug information they take a
# quarter of the space. `make DEBUG=1` keeps it; the sanitizers have the usual linker.
UNIT_LDFLAGS = $(LDFLAGS) $(if $(SAN),,-B$(dir $(realpath $(shell command -v $(DRIVER_LD)))) -fuse-ld=lld $(if $(DEBUG),,-Wl,-S))

$(BUILD)/tests/unit/%: tests/unit/%.c $(BUILD)/libring3.a
	@mkdir -p $(@D)
	@echo "  TEST $@"
	@$(CCACHE) $(CC) $(CPPFLAGS) -Itests/unit $(CFLAGS) -Wno-missing-prototypes -MMD -MP -MT $@ -c -o $@.o $<
	@$(CC) $(CFLAGS) $(UNIT_LDFLAGS) -o $@ $@.o $(WHOLE) $(LDLIBS)

unit-tests: $(UNIT_TESTS)

# --- benches -----------------------------------------------------------------------------------------------------

BENCH_SOURCES := $(sort $(wildcard bench/*.c))
BENCHES := $(BENCH_SOURCES:bench/%.c=$(BUILD)/bench/%)

$(BUILD)/bench/%: bench/%.c $(BUILD)/libring3.a
	@mkdir -p $(@D)
	@echo "  BENCH $@"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -Wno-missing-prototypes -MMD -MP -MF $@.d -o $@ $< $(LDFLAGS) $(WHOLE) $(LDLIBS)

# --- fuzz targets: fuzz/fuzz_<name>.c with LLVMFuzzerTestOneInput, corpus in fuzz/corpus/<name>/ --------------------

FUZZ_CC ?= clang-19
FUZZ_SECONDS ?= 10
FUZZ_BUILD := $(BUILD)/fuzz
FUZZ_NAMES := $(patsubst fuzz/fuzz_%.c,%,$(sort $(wildcard fuzz/fuzz_*.c)))

# libFuzzer's runtime needs the whole host built with its coverage: a build of its own.
fuzzers:
	@tools/packages test
	@$(MAKE) --no-print-directory BUILD=$(FUZZ_BUILD) CC=$(FUZZ_CC) OPT=-O1 SAN=fuzzer-no-link,address,undefined fuzz-programs

fuzz-programs: $(FUZZ_NAMES:%=$(BUILD)/fuzz_%)
$(BUILD)/fuzz_%: fuzz/fuzz_%.c $(BUILD)/libring3.a
	@echo "  FUZZ $@"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -Wno-missing-prototypes -o $@ $< -fsanitize=fuzzer,address,undefined $(LDFLAGS) $(WHOLE) $(LDLIBS)

fuzz: fuzzers
	@tests/fuzz $(FUZZ_BUILD) $(FUZZ_SECONDS)

# --- the main job, tests, checks ---------------------------------------------------------------------------------

packages:
	@tools/packages build

run: packages
	@$(MAKE) --no-print-directory all
	$(BUILD)/ring3 run $(BUILD)/drivers/vionet/vionet.sys --nic=slirp --ping=10.0.2.2 --for=3s
	@tools/echo $(BUILD)

test:
	@tools/packages test
	@$(MAKE) --no-print-directory all unit-tests guest-tests sdk-lib
	@BUILD=$(BUILD) tests/run $(if $(JOBS),--jobs=$(JOBS)) $(if $(ONLY),--only=$(ONLY)) $(TESTFLAGS)

orders: unit-tests drivers
	@seq 1 50 951 | RING3_SEEDS=50 xargs -P 2 -I{} env RING3_FIRST={} $(BUILD)/tests/unit/machine/callout_orders

bench: packages
	@$(MAKE) --no-print-directory all $(BENCHES)
	@BUILD=$(BUILD) bench/run

tidy:
	@tools/packages test
	@$(MAKE) --no-print-directory all
	@BUILD=$(BUILD) tests/tidy

# The program, its drivers and the SDK below PREFIX; DESTDIR is put before it. The SDK is of use without the program.
PREFIX ?= /usr/local
SDK_DEST = $(DESTDIR)$(PREFIX)/share/ring3/sdk
sdk_text = sed -e 's|@CC@|$(DRIVER_CC)|' -e 's|@LD@|$(DRIVER_LD)|' -e 's|@PREFIX@|$(PREFIX)|' \
	-e 's|@VERSION@|$(shell $(BUILD)/ring3 --version | cut -d" " -f2)|' -e 's|@CFLAGS@|$(filter-out -Isdk% -Idrivers%,$(DRIVER_CFLAGS))|' \
	-e 's|@LDFLAGS@|$(DRIVER_LDFLAGS)|' -e 's|@DEFINES@|$(filter -D%,$(DRIVER_CFLAGS))|' -e 's|@LIBS@|$(1)|'
GNU_LIBS = $(patsubst %,-l%,ring3gnu ring3drv $(IMPORT_MODULES))
install: all sdk-lib
	@mkdir -p $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/ring3/drivers $(DESTDIR)$(PREFIX)/lib/pkgconfig $(SDK_DEST)/lib $(SDK_DEST)/cmake
	@install -m 755 $(BUILD)/ring3 $(DESTDIR)$(PREFIX)/bin/
	@cp -r sdk/include $(SDK_DEST)/
	@install -m 644 $(SDK_LIB)/*.lib $(NAMED_LIB_FILES) $(SDK_DEST)/lib/
	@mkdir -p $(SDK_DEST)/shared && install -m 644 drivers/lib/*.h $(SDK_DEST)/shared/
	@for sys in $(DRIVER_SYS); do d=$(DESTDIR)$(PREFIX)/share/ring3/drivers/$$(basename $$sys .sys); mkdir -p $$d; \
		install -m 644 $$sys $${sys%.sys}.pdb $$d/; for inf in $${sys%/*}/*.inf; do [ ! -e $$inf ] || install -m 644 $$inf $$d/; done; done
	@$(call sdk_text,$(foreach l,$(DRIVER_LIBS),$${RING3_SDK}/lib/$(notdir $(l)))) sdk/cmake/ring3-driver.cmake.in > $(SDK_DEST)/cmake/ring3-driver.cmake
	@$(call sdk_text,$(GNU_LIBS)) sdk/cmake/ring3-driver-mingw.cmake.in > $(SDK_DEST)/cmake/ring3-driver-mingw.cmake
	@$(call sdk_text,$(GNU_LIBS)) sdk/cmake/ring3-sdk-mingw.pc.in > $(DESTDIR)$(PREFIX)/lib/pkgconfig/ring3-sdk-mingw.pc
	@$(call sdk_text,$(foreach l,$(DRIVER_LIBS),$${sdk}/lib/$(notdir $(l)))) sdk/cmake/ring3-sdk.pc.in > $(DESTDIR)$(PREFIX)/lib/pkgconfig/ring3-sdk.pc

sanitize:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/asan OPT=-O1 SAN=address,undefined test TESTFLAGS="--quick $(TESTFLAGS)"

clean:
	rm -rf $(BUILD)

-include $(OBJECTS:.o=.d) $(UNIT_TESTS:=.d) $(BENCHES:=.d)
