// Where all panes look: one scale and one place, in shares of a pane, so that they stay equal.

const MAX_SCALE = 64;
const WHEEL_STEP = 1.0015; // per pixel the wheel reports
const BUTTON_STEP = 1.5;
const KEY_PAN = 0.1; // of a pane

class View {
  constructor(onChange) {
    this.onChange = onChange;
    this.reset();
  }

  reset() {
    Object.assign(this, { scale: 1, x: 0, y: 0 });
    this.onChange(this);
  }

  // The point (u, v) of the pane, in [0, 1], stays where it is.
  zoom(ratio, u = 0.5, v = 0.5) {
    const scale = Math.min(MAX_SCALE, Math.max(1, this.scale * ratio));
    const grown = scale / this.scale;
    this.scale = scale;
    this.move(u - grown * (u - this.x) - this.x, v - grown * (v - this.y) - this.y);
  }

  // No pane ever looks beyond the picture.
  move(dx, dy) {
    const within = (place) => Math.min(0, Math.max(1 - this.scale, place));
    this.x = within(this.x + dx);
    this.y = within(this.y + dy);
    this.onChange(this);
  }

  get transform() {
    return `translate(${(100 * this.x).toFixed(4)}%, ${(100 * this.y).toFixed(4)}%) scale(${this.scale.toFixed(4)})`;
  }
}

const KEYS = {
  "+": (view) => view.zoom(BUTTON_STEP),
  "=": (view) => view.zoom(BUTTON_STEP),
  "-": (view) => view.zoom(1 / BUTTON_STEP),
  "0": (view) => view.reset(),
  ArrowLeft: (view) => view.move(KEY_PAN, 0),
  ArrowRight: (view) => view.move(-KEY_PAN, 0),
  ArrowUp: (view) => view.move(0, KEY_PAN),
  ArrowDown: (view) => view.move(0, -KEY_PAN),
};

// Wheel, drag, pinch, double click and keys on one pane move the view of all.
function listen(window, view) {
  const share = (event) => {
    const box = window.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  window.addEventListener("wheel", (event) => {
    // The whole picture is in view: let the page scroll on.
    if (view.scale === 1 && event.deltaY > 0) return;
    event.preventDefault();
    const pixels = event.deltaMode === 1 ? 16 * event.deltaY : event.deltaY;
    view.zoom(WHEEL_STEP ** -pixels, ...share(event));
  }, { passive: false });
  // One finger or the mouse moves; two fingers also zoom, about the middle between them.
  const held = new Map();
  window.onpointerdown = (event) => {
    if (event.button !== 0) return;
    held.set(event.pointerId, share(event));
    window.setPointerCapture(event.pointerId);
  };
  window.onpointermove = (event) => {
    const before = held.get(event.pointerId);
    if (!before) return;
    const now = share(event);
    held.set(event.pointerId, now);
    const [u, v] = [...held].find(([id]) => id !== event.pointerId)?.[1] ?? [];
    const part = u === undefined ? 1 : 0.5; // the middle of two fingers moves half as far
    view.move(part * (now[0] - before[0]), part * (now[1] - before[1]));
    if (u === undefined) return;
    const apart = (place) => Math.hypot(place[0] - u, place[1] - v);
    view.zoom(apart(now) / Math.max(1e-3, apart(before)), (now[0] + u) / 2, (now[1] + v) / 2);
  };
  window.onpointerup = window.onpointercancel = (event) => held.delete(event.pointerId);
  window.ondblclick = () => view.reset();
  window.onkeydown = (event) => {
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    act(view);
  };
}
