"""blurkit finds what is in focus in a photograph, pixel by pixel.

Arrays in, arrays out: the six modules ``patches``, ``train``, ``map``,
``refine``, ``mask`` and ``score`` carry the work of the six commands of the
same names; ``image`` and ``store`` read and write the files. Nothing is
imported here, so that ``--help`` stays instant.
"""

__version__ = "0.1.0"
