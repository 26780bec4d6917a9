// The picture with a box that can be drawn, moved and resized; the page hears of it when it rests.

const ASPECTS = [["Free", 0], ["1:1", 1], ["3:2", 3 / 2], ["4:3", 4 / 3], ["16:9", 16 / 9]];
const HANDLES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const REST_MS = 500; // after the last key
const LONG_STEP = 0.01; // of the longer side, while a key is held down
const FEW_PIXELS = 36; // on the screen: no room for the handles of the edges
const DRAWN_FROM = 4; // pixels on the screen; a shorter drag is a click
const tools = new WeakMap();

function made(tag, className, parent) {
  const element = document.createElement(tag);
  element.className = className;
  parent.append(element);
  return element;
}

class CropTool {
  constructor(host) {
    this.stage = host.querySelector(".l335-stage");
    this.image = host.querySelector("img");
    this.frame = host.querySelector(".l335-box");
    this.hole = host.querySelector(".l335-shade span");
    this.size = host.querySelector(".l335-size");
    this.ratio = 0;
    this.serial = 0;
    for (const edges of HANDLES) made("span", `l335-handle l335-${edges}`, this.frame).dataset.edges = edges;
    const parts = host.querySelector(".l335-parts");
    this.button(parts, "Whole picture", () => this.choose("none", this.geometry.whole));
    this.button(parts, "Central square", () => this.choose("square", this.geometry.square));
    this.undo = this.button(parts, "Undo", () => this.send({ undo: true }));
    this.undo.title = "Back to the crop before";
    const aspects = host.querySelector(".l335-aspects");
    this.aspects = ASPECTS.map(([name, ratio]) => {
      const button = this.button(aspects, name, () => this.shape(ratio));
      button.setAttribute("role", "radio");
      button.onkeydown = (event) => this.walk(event, ratio);
      return { button, ratio };
    });
    this.stage.onpointerdown = (event) => this.grab(event);
    this.stage.onpointermove = (event) => this.drag(event);
    this.stage.onpointerup = (event) => this.release(event);
    this.stage.onpointercancel = (event) => this.release(event);
    this.frame.onkeydown = (event) => this.press(event);
    this.frame.onblur = () => this.rest();
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.stage);
    this.image.onload = () => this.draw();
  }

  button(parent, text, action) {
    const button = made("button", "", parent);
    button.type = "button";
    button.textContent = text;
    button.onclick = action;
    return button;
  }

  update({ data, setTriggerValue }) {
    this.trigger = setTriggerValue;
    const isOther = this.data?.sha256 !== data.sha256;
    this.data = data;
    if (isOther) {
      this.geometry = new Geometry(data.width, data.height, data.smallest);
      this.image.src = data.url;
      this.image.alt = data.name;
      this.stage.style.setProperty("--l335-width", data.width);
      this.stage.style.setProperty("--l335-height", data.height);
      this.start = null;
      clearTimeout(this.waiting);
      this.waiting = null;
      if (!this.geometry.allows(this.ratio)) this.ratio = 0;
    }
    this.undo.disabled = !data.can_undo;
    // What the page says counts, but not while something newer is on its way to it.
    const isStale = !isOther && this.sent && data.serial !== this.sent;
    if (!isStale && !this.start && !this.waiting) {
      this.kind = data.kind;
      const { whole, square } = this.geometry;
      this.box = { none: whole, square, box: data.box }[data.kind];
    }
    this.draw();
  }

  send(message) {
    clearTimeout(this.waiting);
    this.waiting = null;
    this.sent = `${Date.now()}.${(this.serial += 1)}`;
    this.trigger("changed", { ...message, serial: this.sent });
  }

  choose(kind, box) {
    Object.assign(this, { kind, box });
    if (kind === "none" || (this.ratio && this.ratio !== 1)) this.ratio = 0;
    this.draw();
    this.send(kind === "box" ? { kind, box } : { kind });
  }

  shape(ratio) {
    this.ratio = ratio;
    if (ratio) {
      this.kind = "box";
      this.box = this.geometry.shaped(this.box, ratio);
      this.send({ kind: "box", box: this.box });
    }
    this.draw();
  }

  // Arrow keys walk through the aspects, as in any group of radio buttons.
  walk(event, ratio) {
    const by = (ARROWS[event.key] ?? [0, 0]).reduce((sum, value) => sum + value, 0);
    if (!by) return;
    event.preventDefault();
    const open = this.aspects.filter(({ button }) => !button.disabled);
    const place = open.findIndex((one) => one.ratio === ratio);
    const next = open[(place + by + open.length) % open.length];
    next.button.focus();
    this.shape(next.ratio);
  }

  point(event) {
    const area = this.image.getBoundingClientRect();
    return [
      clamp((event.clientX - area.left) / area.width, 0, 1) * this.data.width,
      clamp((event.clientY - area.top) / area.height, 0, 1) * this.data.height,
    ];
  }

  grab(event) {
    if (event.button || !this.image.clientWidth) return;
    event.preventDefault();
    this.stage.setPointerCapture(event.pointerId);
    const edges = event.target.dataset?.edges;
    const isMove = event.target === this.frame && !this.geometry.isWhole(this.box);
    const how = edges ? "resize" : isMove ? "move" : "draw";
    this.start = { how, edges, from: this.point(event), box: this.box, x: event.clientX, y: event.clientY };
    this.frame.focus({ preventScroll: true });
  }

  drag(event) {
    if (!this.start) return;
    const { how, edges, from, box, x, y } = this.start;
    const way = Math.hypot(event.clientX - x, event.clientY - y);
    if (!this.start.isMoved && way < DRAWN_FROM) return;
    this.start.isMoved = true;
    const to = this.point(event);
    const by = [to[0] - from[0], to[1] - from[1]];
    if (how === "move") this.box = this.geometry.moved(box, ...by);
    else if (how === "resize") this.box = this.geometry.resized(box, edges, ...by, this.ratio);
    else this.box = this.geometry.drawn(from, to, this.ratio);
    this.kind = "box";
    this.draw();
  }

  release() {
    if (!this.start) return;
    const { isMoved } = this.start;
    this.start = null;
    if (isMoved) this.send({ kind: "box", box: this.box });
  }

  press(event) {
    const by = ARROWS[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const longest = Math.max(this.data.width, this.data.height);
    const step = event.repeat ? Math.max(1, Math.round(LONG_STEP * longest)) : 1;
    const [right, down] = by.map((value) => value * step);
    if (event.shiftKey) this.box = this.geometry.resized(this.box, right ? "e" : "s", right, down, this.ratio);
    else this.box = this.geometry.moved(this.box, right, down);
    this.kind = "box";
    this.draw();
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.rest(), REST_MS);
  }

  rest() {
    if (this.waiting) this.send({ kind: "box", box: this.box });
  }

  draw() {
    if (!this.data || !this.box) return;
    const { width: W, height: H, image_size: imageSize, hold_back: holdBack } = this.data;
    const [left, top, width, height] = this.box;
    const area = { left: left / W, top: top / H, width: width / W, height: height / H };
    for (const [side, share] of Object.entries(area)) {
      this.frame.style[side] = this.hole.style[side] = `${100 * share}%`;
    }
    const { clientWidth, clientHeight } = this.image;
    this.frame.classList.toggle("l335-narrow", area.width * clientWidth < FEW_PIXELS);
    this.frame.classList.toggle("l335-low", area.height * clientHeight < FEW_PIXELS);
    this.frame.classList.toggle("l335-all", this.geometry.isWhole(this.box));
    const few = clientWidth >= 1.5 * Math.max(1, this.image.naturalWidth);
    this.image.style.imageRendering = few ? "pixelated" : "auto";
    this.frame.setAttribute(
      "aria-label",
      `Part that is fitted: left ${left}, top ${top}, ${width} wide, ${height} high, of ` +
        `${W} by ${H} pixels. Arrow keys move it, with Shift they resize it.`,
    );
    const size = `${width.toLocaleString("en")} × ${height.toLocaleString("en")}`;
    const what = this.geometry.isWhole(this.box) ? "Whole picture" : `From ${left}, ${top}`;
    const isKnown = Number.isFinite(imageSize) && imageSize > 0 && holdBack > 0;
    const fitted = isKnown ? `, fitted at ${fittedSize(width, height, imageSize, holdBack).join(" × ")}` : "";
    this.size.textContent = `${what}: ${size} pixels${fitted}.`;
    for (const { button, ratio } of this.aspects) {
      const isChosen = ratio === this.ratio;
      button.setAttribute("aria-checked", String(isChosen));
      button.tabIndex = isChosen ? 0 : -1;
      button.disabled = !this.geometry.allows(ratio);
    }
  }

  close() {
    clearTimeout(this.waiting);
    this.observer.disconnect();
  }
}

export default function mount(component) {
  const { parentElement } = component;
  let tool = tools.get(parentElement);
  if (!tool) {
    tool = new CropTool(parentElement);
    tools.set(parentElement, tool);
  }
  tool.update(component);
  return () => {
    tool.close();
    tools.delete(parentElement);
  };
}
