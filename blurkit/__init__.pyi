"""What ``import blurkit`` offers, for type checkers: the modules themselves say how."""

from blurkit.api import blur_map as blur_map
from blurkit.api import focus_mask as focus_mask
from blurkit.api import kind_map as kind_map
from blurkit.api import list_methods as list_methods
from blurkit.api import load as load
from blurkit.api import read_photo as read_photo
from blurkit.api import read_photos as read_photos
from blurkit.api import score_photo as score_photo
from blurkit.api import sharpness_map as sharpness_map
from blurkit.by_stage import list_stages as list_stages
from blurkit.by_stage import stage as stage
from blurkit.errors import BlurkitError as BlurkitError
from blurkit.errors import DeviceError as DeviceError
from blurkit.errors import InputError as InputError
from blurkit.errors import UsageError as UsageError
from blurkit.errors import WeightsError as WeightsError
from blurkit.io.streams import read_maps as read_maps
from blurkit.io.streams import write_map as write_map
from blurkit.model import Model as Model
from blurkit.records import Record as Record
from blurkit.records import scores as scores
from blurkit.results import RawMap as RawMap
from blurkit.results import Score as Score

__version__: str
FROM: dict[str, str]
