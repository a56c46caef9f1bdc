# Drivers and guest tests: from C to .sys and .pdb, with the export table and the import libraries they are bound to.
# The including Makefile sets BUILD and may use: DRIVER_SYS, GUEST_SYS (the images), EXPORT_TABLE (generated C).

DRIVER_CC ?= clang-19
DRIVER_LD ?= lld-link-19
DRIVER_AR ?= llvm-lib-19
DLLTOOL ?= llvm-dlltool-19

SDK_LIB := $(BUILD)/sdk/lib
EXPORT_ROWS := $(sort $(wildcard src/*/exports.tsv src/*/exports/*.tsv))
EXPORT_TABLE := $(BUILD)/gen/exports.c
API_TABLES := $(sort $(wildcard docs/api/*.tsv))
IMPORT_MODULES := ntoskrnl hal ndis netio fwpkclnt storport ksecdd cng wmilib wpprecorder wdfldr

# A load can raise: every function has unwind data, and none counts as one that never raises.
DRIVER_CFLAGS = --target=x86_64-pc-windows-msvc -std=gnu11 -fms-extensions -fms-compatibility-version=19.38 \
	-ffreestanding -fasync-exceptions -fasynchronous-unwind-tables -mllvm -disable-nounwind-inference \
	-fstack-protector-strong -O2 -g -gcodeview -fno-ident -nostdlibinc \
	-Wall -Wextra -Wno-unknown-pragmas -Wno-ignored-pragma-intrinsic -Wno-unused-parameter \
	-Wno-missing-field-initializers -Wno-microsoft -Wno-pragma-pack \
	-D_AMD64_ -D_WIN64 -D_KERNEL_MODE -DKERNEL_MODE -DNTDDI_VERSION=0x0A00000C -D_WIN32_WINNT=0x0A00 -DWINVER=0x0A00 \
	-DPOOL_NX_OPTIN=1 -Isdk/include -Isdk/include/crt -Idrivers/lib
DRIVER_LIB_CFLAGS = $(filter-out -fstack-protector-strong,$(DRIVER_CFLAGS)) -fno-builtin -fno-stack-protector
DRIVER_LDFLAGS = /driver /subsystem:native /nodefaultlib /debug /opt:ref /Brepro \
	/dynamicbase /pdbaltpath:%_PDB% /section:INIT,erd

DRIVER_LIBS = $(SDK_LIB)/ring3drv.lib $(if $(DRIVER_SHARED_SRC),$(SDK_LIB)/drvlib.lib) \
	$(IMPORT_MODULES:%=$(SDK_LIB)/%.lib)
KMDF_LIB := $(SDK_LIB)/wdfentry.lib

# A source that includes wdf.h makes a KMDF driver: it starts at the framework's entry stub.
kmdf = $(shell grep -lE '^ *\# *include *[<"]wdf\.h' $(1) /dev/null)
entry = $(if $(call kmdf,$(1)),/entry:FxDriverEntry,/entry:GsDriverEntry)

define need_tool
	@command -v $(1) >/dev/null || { echo "ring3: $(1) is not installed (Debian package $(2))" >&2; exit 1; }
endef

# ---- the export table and the import libraries

$(EXPORT_TABLE): $(EXPORT_ROWS) $(API_TABLES) tools/exports.awk
	@mkdir -p $(@D)
	@awk -v mode=table -f tools/exports.awk $(EXPORT_ROWS) $(API_TABLES) > $@.tmp
	@if cmp -s $@.tmp $@; then rm $@.tmp; touch $@; else mv $@.tmp $@; fi

$(SDK_LIB)/def/stamp: $(EXPORT_ROWS) $(API_TABLES) tools/exports.awk
	$(call need_tool,$(DLLTOOL),llvm-19)
	@rm -rf $(@D) && mkdir -p $(@D)
	@awk -v mode=def -v out=$(@D) -f tools/exports.awk $(EXPORT_ROWS) $(API_TABLES)
	@for def in $(@D)/*.def; do module=$${def##*/}; module=$${module%.def}; \
		$(DLLTOOL) -m i386:x86-64 -d $$def -l $(SDK_LIB)/$${module%.*}.lib || exit 1; done
	@ln -sfn $(CURDIR)/sdk/include $(BUILD)/sdk/include && ln -sfn $(CURDIR)/drivers/lib $(BUILD)/sdk/shared
	@touch $@

$(IMPORT_MODULES:%=$(SDK_LIB)/%.lib): $(SDK_LIB)/def/stamp ;

# ---- what every driver links

SDK_LIB_SRC := $(sort $(wildcard sdk/lib/*.c))
SDK_LIB_OBJ := $(SDK_LIB_SRC:sdk/lib/%.c=$(SDK_LIB)/obj/%.obj)
DRIVER_SHARED_SRC := $(sort $(wildcard drivers/lib/*.c))
DRIVER_SHARED_OBJ := $(DRIVER_SHARED_SRC:drivers/lib/%.c=$(BUILD)/drivers/lib/%.obj)

$(SDK_LIB)/obj/%.obj: sdk/lib/%.c mk/drivers.mk
	$(call need_tool,$(DRIVER_CC),clang-19)
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(DRIVER_CC) $(DRIVER_LIB_CFLAGS) -MMD -MP -MF $(@:.obj=.d) -c $< -o $@

$(SDK_LIB)/obj/wdf/%.obj: sdk/lib/wdf/%.c mk/drivers.mk
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(DRIVER_CC) $(DRIVER_LIB_CFLAGS) -MMD -MP -MF $(@:.obj=.d) -c $< -o $@

$(KMDF_LIB): $(patsubst sdk/lib/wdf/%.c,$(SDK_LIB)/obj/wdf/%.obj,$(sort $(wildcard sdk/lib/wdf/*.c)))
	@$(DRIVER_AR) /nologo /llvmlibempty /out:$@ $^

$(SDK_LIB)/ring3drv.lib: $(SDK_LIB_OBJ)
	@$(DRIVER_AR) /nologo /llvmlibempty /out:$@ $^

# The static libraries by the names that projects for the WDK link, and what images of GNU ld need. Not needed beside ring3drv.lib.
NAMED_LIBS := BufferOverflowFastFailK BufferOverflowK wdmsec ntstrsafe uuid wdmguid ndisguid scsiwmi libcntpr aux_klib WdfDriverEntry WdfLdr ring3gnu
NAMED_LIB_FILES = $(NAMED_LIBS:%=$(SDK_LIB)/named/%.lib) $(GNU_IMPORTS)
named_BufferOverflowFastFailK = gs load_config chkstk
named_BufferOverflowK = gs load_config chkstk
named_wdmsec = wdmsec
named_ntstrsafe =
named_uuid = guids fwp_guids ip_addresses
named_wdmguid = guids
named_ndisguid = guids
named_scsiwmi = scsiwmi scsiwmi_event scsiwmi_instances
named_libcntpr = memory chkstk fltused
named_aux_klib = aux_klib
named_ring3gnu = gnu/entry gnu/fx_entry

$(SDK_LIB)/obj/gnu/%.obj: sdk/lib/gnu/%.c mk/drivers.mk
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(DRIVER_CC) $(DRIVER_LIB_CFLAGS) -MMD -MP -MF $(@:.obj=.d) -c $< -o $@

define named_rules
$(SDK_LIB)/named/$(1).lib: $$(named_$(1):%=$(SDK_LIB)/obj/%.obj)
	@mkdir -p $$(@D)
	@$$(DRIVER_AR) /nologo /llvmlibempty /out:$$@ $$(filter %.obj,$$^)
endef
$(foreach name,$(filter-out WdfDriverEntry WdfLdr,$(NAMED_LIBS)),$(eval $(call named_rules,$(name))))

# GNU ld brings the members of an import library into order when they are called like a .dll.
GNU_IMPORTS := $(IMPORT_MODULES:%=$(SDK_LIB)/named/lib%.a)
$(GNU_IMPORTS): $(SDK_LIB)/named/lib%.a: $(SDK_LIB)/def/stamp
	@mkdir -p $(@D) && LC_ALL=C sed -E 's,$*\.(exe|sys|dll)/,$*.dll/,g' $(SDK_LIB)/$*.lib > $@

$(SDK_LIB)/named/WdfDriverEntry.lib: $(KMDF_LIB)
	@mkdir -p $(@D) && cp $< $@
$(SDK_LIB)/named/WdfLdr.lib: $(SDK_LIB)/def/stamp
	@mkdir -p $(@D) && cp $(SDK_LIB)/wdfldr.lib $@

$(BUILD)/drivers/lib/%.obj: drivers/lib/%.c mk/drivers.mk
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(DRIVER_CC) $(DRIVER_CFLAGS) -MMD -MP -MF $(@:.obj=.d) -c $< -o $@

$(SDK_LIB)/drvlib.lib: $(DRIVER_SHARED_OBJ)
	@$(DRIVER_AR) /nologo /llvmlibempty /out:$@ $^

# ---- drivers/<name>/*.c -> build/drivers/<name>/<name>.sys

DRIVER_NAMES := $(filter-out lib,$(sort $(patsubst drivers/%/,%,$(dir $(wildcard drivers/*/*.c)))))
DRIVER_SYS := $(foreach name,$(DRIVER_NAMES),$(BUILD)/drivers/$(name)/$(name).sys)
GUEST_NAMES := $(sort $(patsubst tests/guest/%.c,%,$(wildcard tests/guest/*.c)))
GUEST_SYS := $(GUEST_NAMES:%=$(BUILD)/tests/guest/%.sys)

define driver_rules
$(BUILD)/drivers/$(1)/%.obj: drivers/$(1)/%.c mk/drivers.mk
	@mkdir -p $$(@D)
	@echo "  CC   $$<"
	@$$(DRIVER_CC) $$(DRIVER_CFLAGS) -Idrivers/$(1) -MMD -MP -MF $$(@:.obj=.d) -c $$< -o $$@
$(BUILD)/drivers/$(1)/$(1).sys: $(patsubst drivers/$(1)/%.c,$(BUILD)/drivers/$(1)/%.obj,$(sort $(wildcard drivers/$(1)/*.c))) \
		$$(DRIVER_LIBS) $$(KMDF_LIB)
	@echo "  SYS  $$@"
	@$$(DRIVER_LD) $$(DRIVER_LDFLAGS) $$(call entry,drivers/$(1)/*.[ch]) /out:$$@ $$(filter %.obj,$$^) $$(filter %.lib,$$^)
	@for inf in $$(wildcard drivers/$(1)/*.inf); do cp $$$$inf $$(@D)/; done
endef
$(foreach name,$(DRIVER_NAMES),$(eval $(call driver_rules,$(name))))

$(BUILD)/tests/guest/%.obj: tests/guest/%.c mk/drivers.mk
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(DRIVER_CC) $(DRIVER_CFLAGS) -MMD -MP -MF $(@:.obj=.d) -c $< -o $@

$(GUEST_SYS): $(BUILD)/tests/guest/%.sys: $(BUILD)/tests/guest/%.obj $(DRIVER_LIBS) $(KMDF_LIB)
	@echo "  SYS  $@"
	@$(DRIVER_LD) $(DRIVER_LDFLAGS) $(call entry,tests/guest/$*.c $(filter tests/guest/%.h,$(shell cat $(<:.obj=.d) 2>/dev/null))) /out:$@ $(filter %.obj,$^) $(filter %.lib,$^)

.PRECIOUS: $(BUILD)/tests/guest/%.obj
.PHONY: drivers guest-tests sdk-lib
sdk-lib: $(DRIVER_LIBS) $(KMDF_LIB) $(NAMED_LIB_FILES)
drivers: $(DRIVER_SYS)
guest-tests: $(GUEST_SYS)

-include $(SDK_LIB_OBJ:.obj=.d) $(DRIVER_SHARED_OBJ:.obj=.d) $(GUEST_SYS:.sys=.d) \
	$(wildcard $(BUILD)/drivers/*/*.d)
