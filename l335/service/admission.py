"""What every run passes before it is queued."""

from __future__ import annotations

from l335.core.errors import Problem, SpecError
from l335.core.hardware import has_nvidia_gpu
from l335.core.settings import Settings
from l335.service.images import Images
from l335.service.memory import available_bytes, check_memory
from l335.spec import ClassifySpec, Spec
from l335.spec.identity import usual_precision


class Admission:
    """Whether runs can be trained in an installation, and as what."""

    def __init__(self, settings: Settings, images: Images) -> None:
        self._settings, self._images = settings, images

    @property
    def precision(self) -> str:
        """How products of a new run would be computed here, as far as torch is not needed to say.

        On another device than the wanted one a run is of that device's precision.
        """
        wanted, device = self._settings.precision, self._settings.device
        if wanted != "auto":
            return wanted
        if device == "auto":
            device = "cuda" if has_nvidia_gpu() else "cpu"
        return usual_precision(device)

    def fitting(self, spec: Spec, device: str) -> Spec:
        """The specification, checked for a device.

        Raises:
            SpecError: It would not fit in memory, or its image does not exist.
        """
        spec = self.checked(spec)
        if device in ("auto", "cpu"):
            check_memory(spec, available_bytes())
        return spec

    def checked(self, spec: Spec) -> Spec:
        """The specification, with what is known of its image.

        Raises:
            SpecError: Its image does not exist.
        """
        if isinstance(spec, ClassifySpec):
            return spec
        if not spec.image:
            raise SpecError([Problem("image", "`image` is empty; choose or upload an image.")])
        image = self._images.stored(spec.image)
        name = spec.image_name or image.short_name
        return spec.with_image(image.sha256, name, image.width, image.height)
