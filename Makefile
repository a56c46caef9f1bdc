# ring3: `make` builds everything into build/; see README.md for the targets.
BUILD ?= build
CC := gcc
SAN ?=
OPT ?= -O2
CCACHE := $(shell command -v ccache 2>/dev/null)

LAYERS := base host wire disk dev pe nt ndis tcpip check machine pkg cli
WARN := -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wno-unknown-pragmas -Wno-missing-field-initializers \
        -Wno-unused-parameter -Wno-attributes -Wno-format-truncation
CPPFLAGS += -D_GNU_SOURCE -DRING3_HOST -Isdk/include -Isrc -Iinclude -I$(BUILD)/gen
CFLAGS += -std=gnu11 $(OPT) -g -fno-strict-aliasing -fPIE -mfsgsbase -fasynchronous-unwind-tables $(WARN)
LDFLAGS += -pie -rdynamic
LDLIBS += -lZydis -llwip -lslirp -lpcap -lunwind -ldl

ifneq ($(SAN),)
  CFLAGS += -fsanitize=$(SAN) -fno-sanitize=alignment,function -fno-sanitize-recover=undefined -fno-omit-frame-pointer
  LDFLAGS += -fsanitize=$(SAN)
endif

SOURCES := $(sort $(foreach l,$(LAYERS),$(wildcard src/$(l)/*.c src/$(l)/*.S)))
OBJECTS := $(patsubst src/%,$(BUILD)/obj/%.o,$(SOURCES))
LIB_OBJECTS := $(filter-out $(BUILD)/obj/cli/main.c.o,$(OBJECTS))
EXPORT_TABLES := $(sort $(wildcard src/*/exports.tsv src/*/exports/*.tsv))

.DEFAULT_GOAL := all
.PHONY: all run test bench tidy fuzz clean packages host drivers sanitize check-clang
.DELETE_ON_ERROR:

all: host drivers

host: $(BUILD)/ring3

-include mk/drivers.mk

$(BUILD)/ring3: $(OBJECTS) $(BUILD)/obj/gen/exports.c.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/libring3.a: $(LIB_OBJECTS) $(BUILD)/obj/gen/exports.c.o
	rm -f $@ && ar rcs $@ $^

$(BUILD)/obj/%.o: src/%
	@mkdir -p $(@D)
	$(CCACHE) $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/gen/exports.c.o: $(BUILD)/gen/exports.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -Wno-builtin-declaration-mismatch -c -o $@ $<

$(BUILD)/gen/exports.c: tools/exports.awk $(EXPORT_TABLES)
	@mkdir -p $(@D)
	awk -f tools/exports.awk $(EXPORT_TABLES) > $@

# Unit tests: one program for each tests/unit/<folder>/<name>.c
UNIT_SOURCES := $(wildcard tests/unit/*/*.c)
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(UNIT_SOURCES))

$(BUILD)/tests/unit/%: tests/unit/%.c $(BUILD)/libring3.a
	@mkdir -p $(@D)
	$(CCACHE) $(CC) $(CPPFLAGS) -Itests/unit $(CFLAGS) -Wno-missing-prototypes -MMD -MP -c -o $@.o $<
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $@.o $(BUILD)/libring3.a $(LDLIBS)

unit-tests: $(UNIT_TESTS)

-include $(OBJECTS:.o=.d) $(UNIT_TESTS:=.d)
