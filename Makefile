# make demo | picture | docs | test | lint | coverage | mutants | fuzz | soak | install | completions | clean
# make bench | bench-quick | bench-STUDY | bench-paper | bench-paper-quick | weights-METHOD
SHELL := /bin/bash
PYTHON ?= python3
PREFIX ?= /usr/local
DESTDIR ?=
DATA ?= data
TRUTH ?= blurred
MASK_SUFFIX ?=
PHOTO ?= chelsea.png
SEED ?= 0
CASES ?= 20000
COUNT ?= 200

VENV := .venv
TEST_VENV := .venv-test
CONSTRAINTS := .ci/constraints.txt
METHOD_FILES := $(shell find blurkit share man -type f -not -name '*.pyc') setup.cfg pyproject.toml

WEIGHTS := $(patsubst blurkit/methods/%/method.py,weights-%,$(wildcard blurkit/methods/*/method.py)) \
  weights-zeng-published
STUDIES := $(patsubst bench/study_%.py,bench-%,$(wildcard bench/study_*.py))

.PHONY: help demo picture docs kernels test lint coverage mutants fuzz soak install completions clean
.PHONY: bench bench-quick bench-paper bench-paper-quick $(STUDIES) $(WEIGHTS)

help:
	@sed -n '1,2s/^# //p' Makefile

$(VENV)/installed: $(METHOD_FILES)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check .
	@touch $@

$(TEST_VENV)/installed: setup.cfg pyproject.toml $(CONSTRAINTS)
	$(PYTHON) -m venv $(TEST_VENV)
	$(TEST_VENV)/bin/pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) -e '.[train,test,lint]'
	@touch $@

# A photo that comes with scikit-image, its map, its map in colours, its mask and its cut-out.
demo: $(VENV)/installed
	mkdir -p demo
	cp "$$($(VENV)/bin/python -c 'import os, skimage; print(os.path.dirname(skimage.__file__))')/data/$(PHOTO)" \
	  demo/photo.png
	cd demo && PATH="$(CURDIR)/$(VENV)/bin:$$PATH" && \
	  blur-map photo.png | blur-mask > mask.png && \
	  blur-map -o map.npy photo.png && \
	  blur-map -f png --colormap photo.png > map-colour.png && \
	  blur-map photo.png | blur-mask --cut photo.png > cut.png && \
	  blur-score photo.png
	@echo "look at demo/: photo.png map.npy map-colour.png mask.png cut.png"

# The picture of README: the photo, its map in colours, its mask, and the photo cut out along it.
picture: demo
	$(VENV)/bin/python tools/strip.py demo/photo.png demo/map-colour.png demo/mask.png demo/cut.png docs/strip.jpg

# The library and the manual as HTML, with the pictures of make bench if it has made any: build/docs/index.html.
docs:
	test -x build/docs-venv/bin/pdoc || { $(PYTHON) -m venv build/docs-venv && \
	  build/docs-venv/bin/pip install --quiet --disable-pip-version-check -e '.[docs]'; }
	build/docs-venv/bin/python tools/docs.py build/docs bench/results

# What zeng has learned: all its kernels and their components with the variance these explain, in build/kernels.png.
kernels: $(TEST_VENV)/installed
	@mkdir -p build
	$(TEST_VENV)/bin/python bench/learned.py -o build/kernels.png

# Those of the commands beside all others, as most of them wait for processes; what they say comes last.
APART := tests/cli tests/recipes
test: $(TEST_VENV)/installed
	@mkdir -p build
	@$(TEST_VENV)/bin/python -m pytest $(APART) > build/test-commands.log 2>&1 & commands=$$!; \
	  $(TEST_VENV)/bin/python -m pytest $(APART:%=--ignore=%); others=$$?; \
	  wait $$commands; status=$$?; cat build/test-commands.log; exit $$((status | others))

# Bad input of all kinds, a table of what became of it; what shows a bug is kept in build/fuzz. Seven minutes.
fuzz: $(TEST_VENV)/installed
	$(TEST_VENV)/bin/python tests/fuzz/run.py --cases "$(CASES)" --seed "$(SEED)"

# Style and types.
lint: $(TEST_VENV)/installed
	$(TEST_VENV)/bin/ruff check .
	$(TEST_VENV)/bin/ruff format --check .
	$(TEST_VENV)/bin/mypy

# Lines of blurkit/ that no test runs, commands included; fails below 95 %.
coverage: $(TEST_VENV)/installed
	@mkdir -p build
	$(TEST_VENV)/bin/coverage erase
	$(TEST_VENV)/bin/coverage run -m pytest
	$(TEST_VENV)/bin/coverage combine --quiet
	$(TEST_VENV)/bin/coverage report

# COUNT small changes to the stages, drawn by SEED, each on the tests of its module; fails where they notice less than
# 80 %. Takes an hour.
mutants: $(TEST_VENV)/installed
	$(TEST_VENV)/bin/python tools/mutants.py $(COUNT) $(SEED)

# For packagers: files under $(DESTDIR)$(PREFIX), nothing fetched.
install:
	$(PYTHON) -m pip install --no-deps --no-build-isolation --check-build-dependencies --no-index \
	  --ignore-installed --no-warn-script-location $(if $(DESTDIR),--root "$(DESTDIR)") --prefix "$(PREFIX)" .

# Training takes the same memory again at every step; what glibc would hand back in between costs a tenth of the time.
$(WEIGHTS): export MALLOC_TRIM_THRESHOLD_ := 1073741824
$(WEIGHTS): export MALLOC_MMAP_THRESHOLD_ := 33554432

# The weights of the default that ship, from drawn masks (image/ and gt/ in DATA or in DATA/cuhk; val.txt there names
# what is left out) and sharp photos in DATA/scenes, composed along NAME.seg.png, or along automatic regions without one.
# Out-of-focus photos of CUHK and, if DATA has them, of szu/; moved ones of motion/; compositions of both kinds. The score
# has a set of its own, of photos and compositions in focus that are blurred on purpose.
weights-joint: $(TEST_VENV)/installed
	$(lists)
	$(with_commands) cut="blur-patches --method joint --seed $(SEED) -j 2"; $(masks_of_cuhk) \
	  { $$cut --kind defocus $$masks --copies 5 --per-photo 1 --files0-from build/training.lst && \
	    if [ -s build/szu.lst ]; then $$cut --kind defocus --masks "$(DATA)/szu/gt" --truth-is blurred \
	      --copies 1 --per-photo 1 --files0-from build/szu.lst; fi && \
	    if [ -s build/motion.lst ]; then $$cut --kind motion --masks "$(DATA)/motion/gt" --truth-is blurred \
	      --copies 13 --per-photo 1 --files0-from build/motion.lst; fi && \
	    for kind in defocus motion; do \
	      if [ -s build/scenes.lst ]; then \
	        $$cut --compose --kind $$kind --copies 5 --per-photo 1 --files0-from build/scenes.lst || exit; fi; \
	      if [ -s build/unsegmented.lst ]; then $$cut --compose --auto-segments --kind $$kind \
	        --copies 5 --per-photo 1 --files0-from build/unsegmented.lst || exit; fi; \
	    done; } | \
	  blur-train --method joint --threads 2 --seed $(SEED) -o build/joint.npz && \
	  mv build/joint.npz share/weights/
	$(call weights,joint,--for score,--copies 0 --per-photo 3 -j 2,--copies 12 --per-photo 2 -j 2,joint-score)

# zeng's, from the same photos.
weights-zeng: $(TEST_VENV)/installed
	$(call weights,zeng,,--copies 1,,zeng)

# zeng's as its paper has them: drawn masks alone.
weights-zeng-published: $(TEST_VENV)/installed
	$(lists)
	$(with_commands) $(masks_of_cuhk) \
	  blur-patches --method zeng --seed $(SEED) $$masks --files0-from build/training.lst | \
	  blur-train --method zeng --as-published --epochs 4 --seed $(SEED) -o build/zeng-published.npz && \
	  mv build/zeng-published.npz share/weights/

define lists
@mkdir -p build
for list in training szu motion scenes unsegmented; do \
  $(TEST_VENV)/bin/python bench/photos.py $$list "$(DATA)" > build/$$list.lst || exit; \
done
endef
with_commands = PATH="$(CURDIR)/$(TEST_VENV)/bin:$$PATH"; set -o pipefail;
masks_of_cuhk = gt="$(DATA)/cuhk/gt"; [ -d "$$gt" ] || gt="$(DATA)/gt"; masks="--masks $$gt --truth-is blurred";

# $(call weights,METHOD,OPTIONS FOR ALL,OPTIONS FOR DRAWN MASKS,OPTIONS FOR COMPOSITIONS,NAME)
define weights
$(lists)
$(with_commands) cut="blur-patches --method $(1) $(2) --seed $(SEED)"; $(masks_of_cuhk) \
  { $$cut $$masks $(3) --files0-from build/training.lst && \
    if [ -s build/scenes.lst ]; then $$cut --compose $(4) --files0-from build/scenes.lst; fi && \
    if [ -s build/unsegmented.lst ]; then \
      $$cut --compose --auto-segments $(4) --files0-from build/unsegmented.lst; fi; } | \
  blur-train --method $(1) $(2) --seed $(SEED) -o build/$(5).npz && mv build/$(5).npz share/weights/
endef

# From sharp photos, blurred on purpose; about half an hour on two cores.
weights-park: $(TEST_VENV)/installed
	@mkdir -p build
	$(TEST_VENV)/bin/python bench/photos.py blurring "$(DATA)" > build/blurring.lst
	PATH="$(CURDIR)/$(TEST_VENV)/bin:$$PATH"; set -o pipefail; \
	  blur-patches --method park --per-photo 60 --seed $(SEED) -j 2 --files0-from build/blurring.lst | \
	  blur-train --method park --threads 2 --seed $(SEED) -o build/park.npz && mv build/park.npz share/weights/

# Accuracy, curves, times and pictures of all methods and of others, in bench/results/results.md; goes on where it was
# stopped. DATA: photos with masks in image/ and gt/ or as NAME.mask.png; without it a set composed from the photos of
# scikit-image. TRUTH: what white means in gt/, sharp (as in DUT) or blurred (as in CUHK); MASK_SUFFIX: the ending of
# its names, as _gt.png. HiFST has a venv of its own, and where it cannot be had its row is left out.
BENCH_DATA := $(if $(filter file,$(origin DATA)),build/composed,$(DATA))

bench: $(TEST_VENV)/installed $(if $(filter build/composed,$(BENCH_DATA)),build/composed/done)
	test -x build/hifst/bin/python || \
	  { $(PYTHON) -m venv build/hifst && \
	    build/hifst/bin/pip install --quiet --disable-pip-version-check blur_detector; } || \
	  { rm -rf build/hifst; echo "blur_detector cannot be had: HiFST is left out"; }
	$(call bench,bench/results)

# Twelve photos of a set, no slow program, no long study; bench/results/quick/results.md.
bench-quick: $(TEST_VENV)/installed $(if $(filter build/composed,$(BENCH_DATA)),build/composed/done)
	$(call bench,bench/results/quick,12)

# $(call given,VARIABLE): NAME=VALUE if somebody has set it.
given = $(if $(filter file,$(origin $(1))),,$(1)=$($(1)))

# $(call bench,RESULTS,MOST PHOTOS)
define bench
$(TEST_VENV)/bin/python bench/gather.py --truth-is "$(TRUTH)" $(if $(MASK_SUFFIX),--mask-suffix="$(MASK_SUFFIX)") \
  "$(BENCH_DATA)" $(1)/work $(2)
+PATH="$(CURDIR)/$(TEST_VENV)/bin:$$PATH" $(MAKE) --no-print-directory -f bench/Makefile R=$(1) W=$(1)/work \
  DATA="$(BENCH_DATA)" MADE="$(strip make $@ $(foreach name,DATA TRUTH MASK_SUFFIX,$(call given,$(name))))" \
  PYTHON=$(TEST_VENV)/bin/python QUICK=$(2)
endef

build/composed/done: bench/composed_set.py $(TEST_VENV)/installed
	$(TEST_VENV)/bin/python bench/composed_set.py build/composed
	@touch $@

# What each method must show, as text in bench/results/; needs the photos the figures of README are of.
$(STUDIES): bench-%: $(TEST_VENV)/installed
	PATH="$(CURDIR)/$(TEST_VENV)/bin:$$PATH" \
	  $(TEST_VENV)/bin/python bench/study_$*.py --data "$(DATA)" --results bench/results

# The tables and figures of the park paper, row by row; goes on where it was stopped. bench-paper-quick: every eighth
# photo, five minutes on two cores.
bench-paper bench-paper-quick: $(TEST_VENV)/installed
	PATH="$(CURDIR)/$(TEST_VENV)/bin:$$PATH" \
	  $(TEST_VENV)/bin/python bench/paper.py --data "$(DATA)" --results bench/results $(if $(findstring quick,$@),--quick)

# Huge photos, thousands of files, kills, interrupts, long streams: what is promised of them, in bench/results/soak.md.
# A quarter of an hour.
FILES ?= 5000
MEGAPIXELS ?= 100

soak: $(TEST_VENV)/installed
	PATH="$(CURDIR)/$(TEST_VENV)/bin:$$PATH" \
	  $(TEST_VENV)/bin/python tools/soak.py --results bench/results --files $(FILES) --megapixels $(MEGAPIXELS)

completions:
	$(PYTHON) -m blurkit.cli.completions share/completions

clean:
	rm -rf build demo $(VENV) $(TEST_VENV) *.egg-info bench/results


