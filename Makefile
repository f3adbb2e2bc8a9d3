# make demo | test | install | weights-joint | weights-zeng | weights-park | bench | completions | clean
SHELL := /bin/bash
PYTHON ?= python3
PREFIX ?= /usr/local
DESTDIR ?=
DATA ?= data
PHOTO ?= chelsea.png
SEED ?= 0

VENV := .venv
TEST_VENV := .venv-test
CONSTRAINTS := .ci/constraints.txt
METHOD_FILES := $(shell find blurkit share man -type f -not -name '*.pyc') setup.cfg pyproject.toml

.PHONY: help demo test install weights-joint weights-zeng weights-park bench bench-joint bench-zeng bench-park bench-score bench-table completions clean

help:
	@sed -n '1s/^# //p' Makefile

$(VENV)/installed: $(METHOD_FILES)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check .
	@touch $@

$(TEST_VENV)/installed: setup.cfg pyproject.toml $(CONSTRAINTS)
	$(PYTHON) -m venv $(TEST_VENV)
	$(TEST_VENV)/bin/pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) -e '.[train,test]'
	@touch $@

# A photo that comes with scikit-image, its map, its map in colours, its mask and its cut-out.
demo: $(VENV)/installed
	mkdir -p demo
	cp "$$($(VENV)/bin/python -c 'import os, skimage; print(os.path.dirname(skimage.__file__))')/data/$(PHOTO)" demo/photo.png
	cd demo && PATH="$(CURDIR)/$(VENV)/bin:$$PATH" && \
	  blur-map photo.png | blur-mask > mask.png && \
	  blur-map -o map.npy photo.png && \
	  blur-map -f png --colormap photo.png > map-colour.png && \
	  blur-map photo.png | blur-mask --cut photo.png > cut.png && \
	  blur-score photo.png
	@echo "look at demo/: photo.png map.npy map-colour.png mask.png cut.png"

test: $(TEST_VENV)/installed
	$(TEST_VENV)/bin/python -m pytest

# For packagers: files under $(DESTDIR)$(PREFIX), nothing fetched.
install:
	$(PYTHON) -m pip install --no-deps --no-build-isolation --no-index --ignore-installed --no-warn-script-location \
	  $(if $(DESTDIR),--root "$(DESTDIR)") --prefix "$(PREFIX)" .

# The weights of the default that ship, from drawn masks (CUHK layout) and sharp photos in scenes/, composed; val.txt is left out.
weights-joint: $(TEST_VENV)/installed
	@mkdir -p build
	$(TEST_VENV)/bin/python bench/photos.py training "$(DATA)" > build/drawn.lst
	$(TEST_VENV)/bin/python bench/photos.py scenes "$(DATA)" > build/scenes.lst
	$(TEST_VENV)/bin/python bench/photos.py unsegmented "$(DATA)" > build/unsegmented.lst
	PATH="$(CURDIR)/$(TEST_VENV)/bin:$$PATH"; set -o pipefail; compose="blur-patches --method joint --compose --copies 12 --per-photo 2 --seed $(SEED) -j 2"; \
	  { blur-patches --method joint --masks "$(DATA)/cuhk/gt" --truth-is blurred --copies 3 --per-photo 3 --seed $(SEED) -j 2 --files0-from build/drawn.lst && \
	    if [ -s build/scenes.lst ]; then $$compose --files0-from build/scenes.lst; fi && \
	    if [ -s build/unsegmented.lst ]; then $$compose --auto-segments --files0-from build/unsegmented.lst; fi; } | \
	  blur-train --method joint --seed $(SEED) -o share/weights/joint.npz

# zeng's, from the same photos.
weights-zeng: $(TEST_VENV)/installed
	@mkdir -p build
	$(TEST_VENV)/bin/python bench/photos.py training "$(DATA)" > build/drawn.lst
	$(TEST_VENV)/bin/python bench/photos.py scenes "$(DATA)" > build/scenes.lst
	PATH="$(CURDIR)/$(TEST_VENV)/bin:$$PATH"; set -o pipefail; \
	  { blur-patches --method zeng --masks "$(DATA)/cuhk/gt" --truth-is blurred --copies 1 --seed $(SEED) --files0-from build/drawn.lst && \
	    blur-patches --method zeng --compose --seed $(SEED) --files0-from build/scenes.lst; } | \
	  blur-train --method zeng --seed $(SEED) -o share/weights/zeng.npz

# From sharp photos, blurred on purpose; about half an hour on two cores.
weights-park: $(TEST_VENV)/installed
	@mkdir -p build
	$(TEST_VENV)/bin/python bench/photos.py blurring "$(DATA)" > build/blurring.lst
	PATH="$(CURDIR)/$(TEST_VENV)/bin:$$PATH"; set -o pipefail; \
	  blur-patches --method park --per-photo 60 --seed $(SEED) -j 2 --files0-from build/blurring.lst | \
	  blur-train --method park --threads 2 --seed $(SEED) -o share/weights/park.npz

bench: bench-joint bench-zeng bench-park bench-score bench-table

bench-joint: $(TEST_VENV)/installed
	PATH="$(CURDIR)/$(TEST_VENV)/bin:$$PATH" $(TEST_VENV)/bin/python bench/joint.py --data "$(DATA)" --results bench/results

bench-score: $(TEST_VENV)/installed
	PATH="$(CURDIR)/$(TEST_VENV)/bin:$$PATH" $(TEST_VENV)/bin/python bench/score.py --data "$(DATA)" --results bench/results

# All methods side by side with others; HiFST has a venv of its own, and where it cannot be had its row is left out.
bench-table: $(TEST_VENV)/installed
	test -x build/hifst/bin/python || { $(PYTHON) -m venv build/hifst && build/hifst/bin/pip install --quiet --disable-pip-version-check blur_detector; } || true
	PATH="$(CURDIR)/$(TEST_VENV)/bin:$$PATH" $(TEST_VENV)/bin/python bench/table.py --data "$(DATA)" --results bench/results --hifst build/hifst/bin/python

bench-zeng: $(TEST_VENV)/installed
	PATH="$(CURDIR)/$(TEST_VENV)/bin:$$PATH" $(TEST_VENV)/bin/python bench/zeng.py --data "$(DATA)" --results bench/results

bench-park: $(TEST_VENV)/installed
	PATH="$(CURDIR)/$(TEST_VENV)/bin:$$PATH" $(TEST_VENV)/bin/python bench/park.py --data "$(DATA)" --results bench/results && \
	  $(TEST_VENV)/bin/python bench/paper.py --data "$(DATA)" --results bench/results

completions:
	$(PYTHON) -m blurkit.cli.completions share/completions

clean:
	rm -rf build demo $(VENV) $(TEST_VENV) *.egg-info bench/results


