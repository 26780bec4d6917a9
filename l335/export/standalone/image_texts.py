"""The hand-written parts of an image fit's script.

A line that ends with ``#?`` and flags stands only where all of them hold; ``!`` turns one round.
``@NAME@`` is filled in.
"""

from __future__ import annotations

STACKED = '''
class StackedNetworks(nn.Module):
    """Networks of equal shape as one: each layer is one batched product.

    Weights are [S, in, out]. Inputs [N, F] are the same for all, or [S, N, F] one for each;
    colours [S, N, 3] come out. They share the encoding, which is fixed.
    """

    def __init__(self, networks):
        super().__init__()
        self.encoding = networks[0].encoding
        children = dict(networks[0].layers.named_children())
        names = [name for name, layer in children.items() if isinstance(layer, nn.Linear)]
        self.activations = [children[f"{name}_activation"] for name in names]
        layers = [[getattr(network.layers, name) for network in networks] for name in names]
        self.weights = nn.ParameterList(
            torch.stack([layer.weight.detach().T for layer in each]) for each in layers
        )
        self.biases = nn.ParameterList(
            torch.stack([layer.bias.detach() for layer in each])[:, None] for each in layers
        )

    def layers(self, values):
        return stacked_layers(values, self.weights, self.biases, self.activations)

    def forward(self, coords):
        return self.layers(self.encoding(coords))
'''

SEPARATE = '''
class SeparateNetworks(nn.Module):
    """Networks whose encodings are trained too, one by one: colours [S, N, 3] come out."""

    def __init__(self, networks):
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, coords):
        each = coords if coords.ndim == 3 else coords.expand(len(self.networks), *coords.shape)
        return torch.stack([net(own) for net, own in zip(self.networks, each, strict=True)])
'''

NETWORK = '''
class CoordinateNetwork(nn.Module):
    """Encoding and layers in one: coordinates [N, 2] in, colours [N, 3] out."""

    def __init__(self):
        super().__init__()
        self.encoding = build_encoding()
        self.layers = @LAYERS@

    def forward(self, coords):
        return self.layers(self.encoding(coords))
'''

BUILD = '''
def build_network(seed):  #? !mean_colour
def build_network(seed, mean_colour):  #? mean_colour
    """One untrained network: @PARAMETERS@ parameters."""
    torch.manual_seed(seed)
    network = CoordinateNetwork()
    initialise(network.layers)  #? rule
    # The layers keep the weights they are made with.  #? !rule
    with torch.no_grad():  #? gain
        network.layers.output.weight.mul_(OUTPUT_GAIN)  #? gain
    with torch.no_grad():  #? mean_colour
        # A sigmoid reaches 0 and 1 only at infinity.  #? mean_colour sigmoid
        network.layers.output.bias.copy_(mean_colour.logit(1e-3))  #? mean_colour sigmoid
        network.layers.output.bias.copy_(2 * mean_colour - 1)  #? mean_colour signed
        network.layers.output.bias.copy_(mean_colour)  #? mean_colour !sigmoid !signed
    return network
'''

BUILD_SEVERAL = '''
def build_networks():  #? !mean_colour
def build_networks(mean_colour):  #? mean_colour
    """The untrained networks of SEED and the seeds behind it, as one model."""
    seeds = range(SEED, SEED + NUM_SEEDS)
    return @MODEL@([build_network(seed) for seed in seeds])  #? !mean_colour
    return @MODEL@([build_network(seed, mean_colour) for seed in seeds])  #? mean_colour
'''

LOAD_ORIGINAL = '''
def load_original(path):
    """The part of the image that is fitted, averaged down: [H, W, 3] in [0, 1]."""
    image = Image.open(path).convert("RGB")
    if image.size != STORED_SIZE:
        expected, given = ("{} x {} pixels".format(*size) for size in (STORED_SIZE, image.size))
        raise SystemExit(f"{path} has {given}; the run's image has {expected}.")
    image = image.crop(BOX).resize(ORIGINAL_SIZE, Image.Resampling.BOX)
    return np.asarray(image, dtype=np.float32) / np.float32(255)
'''

POOLED = '''
def average_pooled(pixels):
    """Means of squares of HOLD_BACK pixels: the image the network is fitted to."""
    height, width, channels = pixels.shape
    size = (height // HOLD_BACK, HOLD_BACK, width // HOLD_BACK, HOLD_BACK, channels)
    return pixels.reshape(size).mean(axis=(1, 3), dtype=np.float32)
'''

SPLITS = {
    "grid": '''
def split_pixels():
    """Numbers of the pixels that are trained on, and of those held out between them."""
    number = torch.arange(WIDTH * HEIGHT).reshape(HEIGHT, WIDTH)
    return number[::2, ::2].flatten(), number[1::2, 1::2].flatten()
''',
    "random": '''
def split_pixels():
    """Numbers of the pixels that are trained on, and of those held out."""
    order = torch.randperm(WIDTH * HEIGHT, generator=torch.Generator().manual_seed(SEED))
    return order[:NUM_TRAIN].sort().values, order[NUM_TRAIN:].sort().values
''',
}

PIXEL_CENTRES = '''
def pixel_centres(width, height):
    """Coordinates [height * width, 2] of pixel centres in [0, 1], row by row."""
    x = (torch.arange(width, dtype=torch.float32) + 0.5) / width
    y = (torch.arange(height, dtype=torch.float32) + 0.5) / height
    rows, columns = torch.meshgrid(y, x, indexing="ij")
    return torch.stack([columns, rows], dim=-1).reshape(-1, 2)
'''

BATCHES = '''
def batches(seed, num_pixels):
    """Pixels of each step [<= BATCH_PIXELS]: all are shuffled anew in each epoch."""
    for epoch in itertools.count():
        # A large odd multiplier keeps (seed 0, epoch 1) apart from (seed 1, epoch 0).
        generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
        yield from torch.randperm(num_pixels, generator=generator).split(BATCH_PIXELS)
'''

GRADIENTS = '''
def accumulate_gradients(model, tiles):
    """Add the gradients of one step, tile by tile; returns the mean loss."""
    num_pixels = sum(len(target) for _, target in tiles)
    total = 0.0
    for inputs, target in tiles:
        colours = model.layers(inputs)  #? encoded_once
        colours = model(inputs)  #? !encoded_once
        # Weighted by its share, the sum over tiles is the mean over all pixels.
        loss = measure_loss(colours, target) * (len(target) / num_pixels)
        loss.backward()
        total += loss.detach()
    return total
'''

GRADIENTS_OF_SEVERAL = '''
def accumulate_gradients(model, tiles):
    """Add the gradients of one step, tile by tile; returns the mean loss of each network."""
    num_pixels = sum(target.shape[-2] for _, target in tiles)
    total = 0.0
    for inputs, target in tiles:
        colours = model.layers(inputs)  # [S, n, 3]  #? encoded_once
        colours = model(inputs)  # [S, n, 3]  #? !encoded_once
        each = target.expand_as(colours)
        # Weighted by its share, the sum over tiles is the mean over all pixels.
        share = target.shape[-2] / num_pixels
        losses = torch.stack(
            [measure_loss(*pair) * share for pair in zip(colours, each, strict=True)]
        )
        losses.sum().backward()  # no network's gradient depends on another
        total += losses.detach()
    return total
'''

FIT = '''
def fit(model, inputs, target):  #? !split
def fit(model, inputs, target, train):  #? split
    """Train for STEPS steps."""
    optimizer = build_optimizer(model.parameters(), LR)
    inputs, target = inputs[train], target[train]  #? !random split
    tiles = list(zip(inputs.split(TILE), target.split(TILE), strict=True))  #? !random
    order = batches(SEED, @NUM_TRAIN@)  #? random !several
    orders = [batches(SEED + k, @NUM_TRAIN@) for k in range(NUM_SEEDS)]  #? random several
  #? closure
    def closure():  #? closure
        optimizer.zero_grad(set_to_none=True)  #? closure
        return accumulate_gradients(model, tiles)  #? closure
  #? closure
    for step in range(1, STEPS + 1):
        for group in optimizer.param_groups:
            group["lr"] = LR * lr_factor(step, @LENGTH@)
        index = next(order).to(target.device)  #? random !several
        index = torch.stack([next(order) for order in orders]).to(target.device)  #? random several
        index = train[index]  #? random split
        tiles = [(inputs[i], target[i]) for i in index.split(TILE, dim=-1)]  #? random
        loss = optimizer.step(closure)  #? closure
        optimizer.zero_grad(set_to_none=True)  #? !closure
        loss = accumulate_gradients(model, tiles)  #? !closure
        optimizer.step()  #? !closure
        if step % max(1, STEPS // 10) == 0:
            loss = loss[loss.isfinite()].mean()  #? several
            if not loss.isfinite():
                raise SystemExit(f"The loss is {loss.item()} in step {step}: lower LR.")
            print(f"step {step} of {STEPS}: loss {loss.item():.6f}")
'''

PAINT = '''
@torch.inference_mode()
def paint(model, inputs):
    """Colours of all pixels in [0, 1], [N, 3]."""  #? !several
    """Colours of all pixels in [0, 1], [S, N, 3]."""  #? several
    colours = [model.layers(values) for values in inputs.split(TILE)]  #? encoded_once
    colours = [model(values) for values in inputs.split(TILE)]  #? !encoded_once
    return torch.cat(colours, dim=-2).clamp(0, 1)
'''

PSNR = '''
def psnr_db(colours, target):
    """PSNR in dB, the squared error pooled over pixels and channels."""
    return -10 * (colours - target).square().mean().log10().item()
'''

SSIM = '''
def ssim(colours, target, height, width):
    """Structural similarity of two pictures [H * W, 3]; Gaussian windows of 11, sigma 1.5.

    Only windows that lie wholly within the pictures count, as in the paper.
    """
    x, y = (p.reshape(1, height, width, 3).permute(0, 3, 1, 2) for p in (colours, target))
    distance = torch.arange(-5.0, 6.0, device=x.device) / 1.5
    window = (-distance.square() / 2).exp()
    window = window / window.sum()
    kernel = torch.outer(window, window).expand(3, 1, 11, 11)
    maps = F.conv2d(torch.cat([x, y, x * x, y * y, x * y]), kernel, groups=3)
    mean_x, mean_y, of_xx, of_yy, of_xy = maps
    var_x, var_y = (of_xx - mean_x**2).clamp(min=0), (of_yy - mean_y**2).clamp(min=0)
    c1, c2 = 0.01**2, 0.03**2
    upper = (2 * mean_x * mean_y + c1) * (2 * (of_xy - mean_x * mean_y) + c2)
    lower = (mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2)
    return (upper / lower).mean().item()
'''

FIGURES = '''
def figures(colours, target):  #? !split
def figures(colours, target, train, test):  #? split
    """The figures of one network, by the names they have in the lab."""
    mean = target.mean(dim=0)  #? !split
    mean = target[train].mean(dim=0)  #? split
    return {
@LINES@
    }
'''

ENLARGE = '''
@torch.inference_mode()
def enlarge(model):
    """Colours of the pixels of the original, in [0, 1]."""
    coords = pixel_centres(*ORIGINAL_SIZE).to(next(model.parameters()).device)
    colours = [model(tile) for tile in coords.split(4096)]
    return torch.cat(colours, dim=-2).clamp(0, 1)


def enlargement_figures(colours, target):
    """How an enlargement compares with the original, which was held back."""
    return {
@LINES@
    }
'''

MAIN = """
def main():
    parser = argparse.ArgumentParser(description="Repeats one run of L335 Lab.")
    beside = Path(__file__).with_name("@PICTURE@")
    parser.add_argument("--image", default=beside, help="the image to fit")
    parser.add_argument("--device", default=DEVICE, help="cpu, cuda or mps")
    parser.add_argument("--threads", type=int, default=THREADS, help="0: as many as torch likes")
    parser.add_argument("--load", metavar="FILE", help="judge these weights instead of training")
    parser.add_argument("--picture", metavar="FILE", help="write what it paints here")
    parser.add_argument("--json", metavar="FILE", help="write the final figures here")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)

    original = load_original(args.image)
    pixels = original  #? !held_back
    pixels = average_pooled(original)  #? held_back
    target = torch.from_numpy(pixels).reshape(-1, 3).to(args.device)  # [N, 3]
    train, test = (part.to(args.device) for part in split_pixels())  #? split
    mean_colour = target.mean(dim=0).cpu()  #? mean_colour !split
    mean_colour = target[train].mean(dim=0).cpu()  #? mean_colour split
    model = build_network(SEED).to(args.device)  #? !several !mean_colour
    model = build_network(SEED, mean_colour).to(args.device)  #? !several mean_colour
    model = build_networks().to(args.device)  #? several !mean_colour
    model = build_networks(mean_colour).to(args.device)  #? several mean_colour
    if args.load:
        load_weights(model, args.load)
    coords = pixel_centres(WIDTH, HEIGHT).to(args.device)
    inputs = coords  #? !encoded_once
    with torch.no_grad():  # the encoding is fixed, so it is worked out once  #? encoded_once
        inputs = model.encoding(coords)  # [N, F]  #? encoded_once
    if not args.load:
        fit(model, inputs, target@PARTS@)

    colours = paint(model, inputs)
    found = figures(colours, target@PARTS_JUDGED@)  #? !several
    each = [figures(one, target@PARTS_JUDGED@) for one in colours]  #? several
    whole = torch.from_numpy(original).reshape(-1, 3).to(args.device)  #? held_back
    found |= enlargement_figures(enlarge(model), whole)  #? held_back !several
    for scores, one in zip(each, enlarge(model), strict=True):  #? held_back several
        scores |= enlargement_figures(one, whole)  #? held_back several
    # The median over the networks; those that diverged are left out.  #? several
    found = {key: float(np.nanmedian([s[key] for s in each])) for key in each[0]}  #? several
    found |= {f"seed_{k}/psnr_db": s["train/psnr_db"] for k, s in enumerate(each)}  #? several
    if args.picture:
        picture = colours.reshape(HEIGHT, WIDTH, 3)  #? !several
        picture = colours[0].reshape(HEIGHT, WIDTH, 3)  #? several
        Image.fromarray(picture.mul(255).round().byte().cpu().numpy()).save(args.picture)
    if args.json:
        Path(args.json).write_text(json.dumps(found, indent=2) + "\\n")
    print("  ".join(f"{name} {value:.6f}" for name, value in found.items()))


if __name__ == "__main__":
    main()
"""
