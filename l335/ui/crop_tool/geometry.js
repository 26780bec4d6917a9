// Boxes [left, top, width, height] in whole stored pixels, kept within the picture.

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// As Python rounds, so that the size said here is the size fitted.
function roundHalfEven(value) {
  const down = Math.floor(value);
  if (value - down !== 0.5) return Math.round(value);
  return down % 2 ? down + 1 : down;
}

function fittedSize(width, height, imageSize, holdBack) {
  const scale = Math.min(1, imageSize / Math.max(width, height)) / holdBack;
  return [width, height].map((side) => Math.max(1, roundHalfEven(side * scale)));
}

class Geometry {
  constructor(width, height, smallest) {
    Object.assign(this, { width, height, smallest });
  }

  get whole() {
    return [0, 0, this.width, this.height];
  }

  get square() {
    const side = Math.min(this.width, this.height);
    return [Math.floor((this.width - side) / 2), Math.floor((this.height - side) / 2), side, side];
  }

  isWhole([, , width, height]) {
    return width === this.width && height === this.height;
  }

  // Whether a box of this ratio (width over height) is possible at all.
  allows(ratio) {
    if (!ratio) return true;
    return this.smallest * Math.max(1, ratio) <= this.width && this.smallest * Math.max(1, 1 / ratio) <= this.height;
  }

  moved([left, top, width, height], right, down) {
    return [
      clamp(Math.round(left + right), 0, this.width - width),
      clamp(Math.round(top + down), 0, this.height - height),
      width,
      height,
    ];
  }

  // Width and height with the ratio, at least the smallest and at most what there is room for.
  sized(width, height, ratio, room) {
    if (!ratio) {
      return [
        clamp(Math.round(width), this.smallest, room[0]),
        clamp(Math.round(height), this.smallest, room[1]),
      ];
    }
    const low = Math.max(this.smallest, this.smallest * ratio);
    const high = Math.max(low, Math.min(room[0], room[1] * ratio));
    const wide = clamp(width, low, high);
    return [
      clamp(Math.round(wide), this.smallest, room[0]),
      clamp(Math.round(wide / ratio), this.smallest, room[1]),
    ];
  }

  // A box whose sides named in `edges` (of "nesw") follow the pointer, the others stay.
  resized(box, edges, right, down, ratio) {
    const [left, top, width, height] = box;
    const west = edges.includes("w");
    const north = edges.includes("n");
    const room = [west ? left + width : this.width - left, north ? top + height : this.height - top];
    let wide = width + (west ? -right : edges.includes("e") ? right : 0);
    let high = height + (north ? -down : edges.includes("s") ? down : 0);
    if (ratio) {
      const byHeight = edges === "n" || edges === "s";
      if (byHeight) wide = high * ratio;
      else if (edges.length === 2) wide = Math.max(wide, high * ratio);
    }
    [wide, high] = this.sized(wide, high, ratio, room);
    return [west ? left + width - wide : left, north ? top + height - high : top, wide, high];
  }

  // From a corner to where the pointer is, both in stored pixels.
  drawn([x0, y0], [x1, y1], ratio) {
    const west = x1 < x0;
    const north = y1 < y0;
    const x = clamp(Math.round(x0), west ? this.smallest : 0, west ? this.width : this.width - this.smallest);
    const y = clamp(Math.round(y0), north ? this.smallest : 0, north ? this.height : this.height - this.smallest);
    const room = [west ? x : this.width - x, north ? y : this.height - y];
    let [wide, high] = [Math.abs(x1 - x), Math.abs(y1 - y)];
    if (ratio) wide = Math.max(wide, high * ratio);
    [wide, high] = this.sized(wide, high, ratio, room);
    return [west ? x - wide : x, north ? y - high : y, wide, high];
  }

  // The largest box of a ratio within another one, about the same centre.
  shaped([left, top, width, height], ratio) {
    if (!ratio) return [left, top, width, height];
    const fitting = Math.min(width, height * ratio);
    const [wide, high] = this.sized(fitting, fitting / ratio, ratio, [this.width, this.height]);
    return this.moved([left, top, wide, high], (width - wide) / 2, (height - high) / 2);
  }
}
