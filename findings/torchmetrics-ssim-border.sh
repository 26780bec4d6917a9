#!/usr/bin/env bash
# torchmetrics: SSIM and its contrast term, given by one call, are means over different windows.
#
# Expected, from the documentation of structural_similarity_index_measure and its paper (Wang et
# al. 2004): both outputs of return_contrast_sensitivity=True are means over the same windows, so
# that their quotient is the luminance term, as the documentation says; windows lie wholly within
# the picture; a patch release leaves scores alone.
# Seen: 1.4.1 counts whole windows only. From 1.4.2 on the SSIM counts windows that reach over the
# mirrored border as well, while the contrast term still leaves them out: two pictures that differ
# in one column at the border keep their contrast and lose SSIM.
# Exit: 0 while it is so, 1 once it is not.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
pip=("$work/env/bin/pip" install -q --disable-pip-version-check)
"${pip[@]}" torch==2.13.0 numpy torchmetrics==1.9.0
for version in 1.4.1 1.4.2; do
    "${pip[@]}" --no-deps --target "$work/$version" "torchmetrics==$version"
done
cat >"$work/measure.py" <<'PYTHON'
import torch
import torchmetrics
from torchmetrics.functional.image import structural_similarity_index_measure

picture = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(0))
other = picture.clone()
other[..., 0] = 0
ssim, contrast = structural_similarity_index_measure(
    other, picture, data_range=1.0, return_contrast_sensitivity=True
)
print(f"{torchmetrics.__version__} {ssim.item():.4f} {contrast.item():.4f}")
PYTHON
{
    PYTHONPATH="$work/1.4.1" "$work/env/bin/python" "$work/measure.py"
    PYTHONPATH="$work/1.4.2" "$work/env/bin/python" "$work/measure.py"
    "$work/env/bin/python" "$work/measure.py"
} >"$work/seen"
echo "torchmetrics, SSIM, contrast term; one column of 32 x 32 pixels set to 0"
cat "$work/seen"
if diff "$work/seen" - <<'SEEN'; then
1.4.1 0.9999 0.9999
1.4.2 0.9745 0.9999
1.9.0 0.9745 0.9999
SEEN
    echo "As seen before."
else
    echo "It behaves otherwise now."
    exit 1
fi
