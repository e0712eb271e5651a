# SPDX-License-Identifier: GPL-2.0-or-later
# make install, the library libhiod-shim, and what is made for both. What is
# installed is told once, in $(STAGE)/list: uninstall removes what is in it.
#
# PREFIX, DESTDIR and the directories below may be set on the command line;
# CORPUS=no leaves the recorded hosts out.

ifeq ($(JSON)-$(SAN)-$(STATIC),yes--)

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
DOCDIR ?= $(DATADIR)/doc/hiod
PKGCONFIGDIR ?= $(LIBDIR)/pkgconfig
BASHCOMPDIR ?= $(DATADIR)/bash-completion/completions
ZSHCOMPDIR ?= $(DATADIR)/zsh/site-functions
CORPUS ?= yes
PYTHON ?= python3

STAGE := $(BUILD)/install

# ---- libhiod-shim --------------------------------------------------------
# The shim, its backends, and what those need. A change that breaks programs
# built against it counts SHIM_ABI up. What the public headers declare is exported.

SHIM_ABI := 0
SHIM_SO := libhiod-shim.so.$(SHIM_ABI)
SHIM_SRC := $(SRC_uapi) $(SRC_shim) $(SRC_host) $(SRC_capture) $(SRC_mocks)
SHIM_OBJ := $(SHIM_SRC:%.c=$(BUILD)/pic/%.o)
SHIM_MAP := $(STAGE)/exports.map
SHIM_HEADERS := $(addprefix harness/,shim/shim.h shim/backends.h uapi/uapi.h capture/error.h \
	capture/host.h capture/load.h capture/record.h capture/replay.h capture/transcript.h) mocks/model.h
SHIM_INCLUDE := $(addprefix $(STAGE)/include/,$(notdir $(SHIM_HEADERS)))

$(BUILD)/pic/%.o: %.c $(HEADERS)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(COMPILE) -fPIC -c -o $@ $<

-include $(SHIM_OBJ:.o=.d)

$(SHIM_MAP): packaging/shim/mkexports $(SHIM_HEADERS)
	$(Q)mkdir -p $(@D) && $(PYTHON) $< HIOD_SHIM_$(SHIM_ABI) $(SHIM_HEADERS) > $@

$(STAGE)/$(SHIM_SO): $(SHIM_OBJ) $(SHIM_MAP)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(LINK) -shared -Wl,-soname,$(SHIM_SO) -Wl,-z,defs \
		-Wl,--version-script=$(SHIM_MAP) -o $@ $(SHIM_OBJ) $(JANSSON_LIBS)

# One object, of which nothing is seen that the shared library does not show.
$(STAGE)/libhiod-shim.a: $(SHIM_OBJ) $(SHIM_MAP)
	$(call say,AR,$@)
	$(Q)mkdir -p $(@D) && rm -f $@
	$(Q)sed -n 's/^\t\([a-z_0-9]*\);$$/\1/p' $(SHIM_MAP) > $(STAGE)/exports
	$(Q)$(LD) -r -o $(STAGE)/hiod-shim.o $(SHIM_OBJ)
	$(Q)$(OBJCOPY) --keep-global-symbols=$(STAGE)/exports $(STAGE)/hiod-shim.o
	$(Q)$(AR) rcsD $@ $(STAGE)/hiod-shim.o
OBJCOPY ?= objcopy

define shim_header_rule
$(STAGE)/include/$(notdir $(1)): $(1) packaging/shim/mkheader
	$(Q)mkdir -p $$(@D) && packaging/shim/mkheader $$< > $$@
endef
$(foreach h,$(SHIM_HEADERS),$(eval $(call shim_header_rule,$(h))))

# The directories may be others at the next call.
$(STAGE)/hiod-shim.pc: packaging/shim/hiod-shim.pc.in Makefile FORCE
	$(Q)mkdir -p $(@D) && sed -e 's|@PREFIX@|$(PREFIX)|; s|@INCLUDEDIR@|$(INCLUDEDIR)|' \
		-e 's|@LIBDIR@|$(LIBDIR)|; s|@VERSION@|$(VERSION)|' $< > $@

.PHONY: FORCE
FORCE:

.PHONY: shim
shim: $(STAGE)/$(SHIM_SO) $(STAGE)/libhiod-shim.a $(SHIM_INCLUDE) $(STAGE)/hiod-shim.pc

# ---- manual pages and completion -----------------------------------------

FORMATS := $(patsubst docs/%-format.md,%,$(wildcard docs/*-format.md))
MAN5 := $(FORMATS:%=$(STAGE)/man/hiod-%.5)
MAN1 := $(STAGE)/man/hiod.1 $(STAGE)/man/hiod-conform.1
PAGES := hiod.1 hiod-conform.1 $(FORMATS:%=hiod-%.5)
MKMAN = $(PYTHON) packaging/man/mkman --release 'hiod $(VERSION)' --datadir '$(DATADIR)' \
	--see '$(filter-out $(@F),$(PAGES))'
HELPTEXT := packaging/helptext.py packaging/man/mkman

$(STAGE)/man/hiod-%.5: docs/%-format.md packaging/man/mkman
	$(call say,MAN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(MKMAN) --name hiod-$* --section 5 $< > $@

$(STAGE)/man/hiod.1: packaging/man/hiod.md $(BUILD)/hiod $(HELPTEXT) FORCE
	$(call say,MAN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(MKMAN) --name hiod --section 1 --program $(BUILD)/hiod $< > $@

$(STAGE)/man/hiod-conform.1: packaging/man/hiod-conform.md $(STAGE)/hiod-conform $(HELPTEXT)
	$(call say,MAN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(MKMAN) --name hiod-conform --section 1 --program $(STAGE)/hiod-conform $< > $@

# As it goes into a guest it is static; where libraries are, it need not be.
$(STAGE)/hiod-conform: $(O)/harness/conform/main.o $(filter-out $(CONFORM_NOT),$(ARCHIVES))
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $< $(filter-out $(CONFORM_NOT),$(LINKLIBS)) $(JANSSON_LIBS) $(SECCOMP_LIBS)

COMPLETION_HOST := corpus/hosts/7.3-vtd-aw48-q11.host.json
MKCOMP := packaging/completion/mkcomp packaging/helptext.py

$(STAGE)/completion/hiod: $(MKCOMP) packaging/completion/hiod.bash.in $(BUILD)/hiod
	$(Q)mkdir -p $(@D) && $(PYTHON) $< bash $(BUILD)/hiod $(COMPLETION_HOST) > $@

$(STAGE)/completion/_hiod: $(MKCOMP) packaging/completion/_hiod.in $(BUILD)/hiod
	$(Q)mkdir -p $(@D) && $(PYTHON) $< zsh $(BUILD)/hiod $(COMPLETION_HOST) > $@

# ---- install -------------------------------------------------------------
# A line of the list: mode, directory, file; or "link", directory, name, target.

INSTALL_DOCS := README.md CHANGELOG.md $(wildcard docs/*.md)
SHARE := $(DATADIR)/hiod
CORPUS_DIRS := hosts hosts/reconstructed scenarios scenarios/hosts


.PHONY: install-files
install-files: build shim $(MAN1) $(MAN5) $(STAGE)/hiod-conform $(STAGE)/completion/hiod \
		$(STAGE)/completion/_hiod install-list

# Needs none of the files, so that uninstall builds nothing.
.PHONY: install-list
install-list:
	$(Q)mkdir -p $(STAGE)
	$(Q){ \
	printf '755 $(BINDIR) %s\n' $(BUILD)/hiod $(STAGE)/hiod-conform; \
	echo '644 $(LIBDIR) $(STAGE)/$(SHIM_SO)'; \
	echo '644 $(LIBDIR) $(STAGE)/libhiod-shim.a'; \
	echo 'link $(LIBDIR) libhiod-shim.so $(SHIM_SO)'; \
	echo '644 $(PKGCONFIGDIR) $(STAGE)/hiod-shim.pc'; \
	printf '644 $(INCLUDEDIR)/hiod-shim %s\n' $(SHIM_INCLUDE); \
	printf '644 $(MANDIR)/man1 %s\n' $(MAN1); \
	printf '644 $(MANDIR)/man5 %s\n' $(MAN5); \
	echo '644 $(BASHCOMPDIR) $(STAGE)/completion/hiod'; \
	echo '644 $(ZSHCOMPDIR) $(STAGE)/completion/_hiod'; \
	printf '644 $(DOCDIR) %s\n' $(INSTALL_DOCS); \
	printf '644 $(DOCDIR)/examples/shim-client %s\n' $(wildcard examples/shim-client/*); \
	echo '755 $(DOCDIR)/examples packaging/libvirt-emulator'; \
	printf '644 $(SHARE)/schema %s\n' $(wildcard docs/*.schema.json); \
	$(if $(filter yes,$(CORPUS)),$(foreach d,$(CORPUS_DIRS),ls -p corpus/$d | \
		sed -n 's|^[^/]*[.][^/]*$$|644 $(SHARE)/corpus/$d corpus/$d/&|p';)) \
	} > $(STAGE)/list

.PHONY: install
install: install-files
	$(Q)packaging/install add '$(DESTDIR)' $(STAGE)/list

.PHONY: uninstall
uninstall: install-list
	$(Q)packaging/install remove '$(DESTDIR)' $(STAGE)/list '$(SHARE)' '$(DOCDIR)' '$(INCLUDEDIR)/hiod-shim'

endif

# ---- distribution --------------------------------------------------------

DIST := $(BUILD)/hiod-$(VERSION).tar.gz

.PHONY: dist
dist:
	$(Q)mkdir -p $(BUILD)
	$(Q)packaging/dist '$(VERSION)' '$(DIST)'

.PHONY: deb
deb: dist
	$(Q)DEPS='$(DEPS)' ci/deps base deb
	$(Q)packaging/deb '$(VERSION)' '$(DIST)' '$(BUILD)/deb'

.PHONY: check-deb
check-deb: deb
	$(Q)DEPS='$(DEPS)' ci/deps deb-check
	$(Q)packaging/check-deb '$(BUILD)/deb'

.PHONY: check-install
check-install: deps
	$(Q)DEPS='$(DEPS)' ci/deps install-check
	$(Q)$(MAKE) $(PARALLEL) --no-print-directory install-files $(BUILD)/ktap-run
	$(Q)HIOD='$(BUILD)/hiod' HIOD_OBJ='$(BUILD)' HIOD_CORPUS=corpus $(BUILD)/ktap-run $(KTAP_RUN_ARGS) \
		$(wildcard selftests/install/test_*.sh)
