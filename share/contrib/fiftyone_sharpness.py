"""The sharpness of the photos of a FiftyOne dataset, as fields to sort and filter by.

Run it as: python3 fiftyone_sharpness.py DATASET. It writes the fields below and nothing else; photos are only read.
"""

import sys

import fiftyone as fo

import blurkit

FIELDS = {  # of the dataset: (its type, what it is in a record of blurkit.scores)
    "blurkit_score": (fo.FloatField, "score"),
    "blurkit_sigma": (fo.FloatField, "sigma_photo"),
    "blurkit_kind": (fo.StringField, "kind"),
    "blurkit_no_score": (fo.StringField, "no_score"),
}


def add_sharpness(dataset):
    """Score the photos of a dataset; of a file with several pictures the first counts."""
    paths, records = dataset.values("filepath"), {}
    for record in blurkit.scores(dict.fromkeys(paths)):
        records.setdefault(record["path"], record)
    for field, (kind, name) in FIELDS.items():
        values = [records[path][name] for path in paths]
        dataset.add_sample_field(field, kind)
        dataset.set_values(field, [None if value != value else value for value in values])  # NaN is not itself


if __name__ == "__main__":
    add_sharpness(fo.load_dataset(sys.argv[1]))
