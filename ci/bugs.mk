# SPDX-License-Identifier: GPL-2.0-or-later
# Known bugs put back, one at a time: the test named in each patch must fail.
# BUGS='NAME...' picks some of selftests/bugs; JOBS: how many at once.

BUG_TESTS = $(shell sed -n 's/^Test: \([^ ]*\) .*/\1/p' selftests/bugs/*.patch selftests/bugs/bench/*.patch | sort -u)

.PHONY: check-bugs
check-bugs: deps
	$(Q)$(MAKE) $(PARALLEL) --no-print-directory SAN=yes BUILD='$(BUILD)' BUILD_TOP='$(BUILD_TOP)' bugs-built

.PHONY: bugs-built
bugs-built: $(BUG_TESTS:%=$(OBJ)/%) $(ARCHIVES)
	$(Q)COMPILE='$(subst -I. ,-I@TREE@ -I. ,$(filter-out -MMD -MP,$(COMPILE)))' LINK='$(LINK)' \
		LINKLIBS='$(LINKLIBS) $(JANSSON_LIBS) -lpthread' OBJ='$(OBJ)' O='$(O)' \
		JOBS='$(or $(JOBS),2)' selftests/bugs/run $(BUGS)
