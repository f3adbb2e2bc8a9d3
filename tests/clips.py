"""Streams of pictures as tests make them, and what blur-score tells of them."""

import cv2
from PIL import Image

from tests.files import saved

HEIGHT, WIDTH, COUNT = 72, 96, 4
Y4M = b"YUV4MPEG2 W96 H72 F25:1 Ip "


def grey_of(photo):
    return cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)


WAYS = {  # format: a picture as the bytes of a file
    "jpeg": lambda photo: saved(Image.fromarray(photo), "JPEG", quality=92),
    "png": lambda photo: saved(Image.fromarray(photo), "PNG"),
    "ppm": lambda photo: saved(Image.fromarray(photo), "PPM"),
    "pgm": lambda photo: saved(Image.fromarray(grey_of(photo)), "PPM"),
    "pam": lambda photo: b"P7\nWIDTH 96\nHEIGHT 72\nDEPTH 3\nMAXVAL 255\nENDHDR\n" + photo.tobytes(),
    "bmp": lambda photo: saved(Image.fromarray(photo), "BMP"),
}


def video(photos, kind=b"Cmono XCOLORRANGE=FULL"):
    """Grey frames as a Y4M."""
    return Y4M + kind + b"\n" + b"".join(b"FRAME\n" + grey_of(photo).tobytes() for photo in photos)


def deep_video(photos):
    """The same with 10 bits."""
    planes = [(grey_of(photo).astype("<u2") * 4).tobytes() for photo in photos]
    return Y4M + b"Cmono10 XCOLORRANGE=FULL\n" + b"".join(b"FRAME\n" + plane for plane in planes)


def lines(done, status=0):
    """(score, path) of every line."""
    assert done.status == status, done.stderr
    return [tuple(line.split(b"\t")) for line in done.stdout.splitlines()]
