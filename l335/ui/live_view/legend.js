// Names of the settings that are compared, in their colours; each can be hidden in all charts.

const FEW_BEST = 3;
const DASH_WORDS = { solid: "solid", dash: "dashed", dashdot: "dash-dotted" };

class Legend {
  constructor(host, onChange) {
    Object.assign(this, { host, onChange, hidden: new Set() });
  }

  build(groups, dashes, theme) {
    this.host.replaceChildren();
    const isComparison = groups.length > 1 || groups.some((group) => group.num_seeds > 1);
    this.host.hidden = !isComparison;
    const names = new Set(groups.map((group) => group.name));
    this.hidden = new Set([...this.hidden].filter((name) => names.has(name)));
    if (!isComparison) return;
    groups.forEach((group, index) => {
      const button = element("button", "l335-setting", this.host);
      button.type = "button";
      element("span", "l335-swatch", button).style.background = colorOf(index, theme);
      button.append(group.num_seeds > 1 ? `${group.name} (n = ${group.num_seeds})` : group.name);
      button.title = "Hide or show it in the charts";
      button.setAttribute("aria-pressed", String(!this.hidden.has(group.name)));
      button.onclick = () => this.toggle(group.name, button);
    });
    const hasSeeds = groups.some((group) => group.num_seeds > 1);
    const notes = dashes.length > 1 ? dashes.map(({ name, dash }) => `${DASH_WORDS[dash]}: ${name.toLowerCase()}`) : [];
    if (hasSeeds) notes.push("line: mean over seeds", "band: lowest to highest seed");
    element("span", "l335-note", this.host).textContent = notes.join(" · ");
  }

  toggle(name, button) {
    if (!this.hidden.delete(name)) this.hidden.add(name);
    button.setAttribute("aria-pressed", String(!this.hidden.has(name)));
    this.onChange();
  }
}

// The palette's colours in turn; each further round of them is mixed with the text's.
function colorOf(place, theme) {
  const color = theme.colors[place % theme.colors.length];
  const share = 1 - 0.62 ** Math.floor(place / theme.colors.length);
  const hex = /^#[0-9a-f]{6}$/i;
  if (!share || !hex.test(color) || !hex.test(theme.text)) return color;
  const parts = [1, 3, 5].map((at) => {
    const [own, other] = [color, theme.text].map((text) => parseInt(text.slice(at, at + 2), 16));
    return Math.round(own + share * (other - own)).toString(16).padStart(2, "0");
  });
  return `#${parts.join("")}`;
}

// "★ Best test · CNN: 89.1 % at epoch 7 · Basic net: 87.0 % at epoch 9"
function bestSentence(best, scene) {
  if (!best?.length) return "";
  if (best.length > FEW_BEST) {
    // Many names would grow line by line; the leader alone takes one.
    const way = best[0].trace.best === "min" ? 1 : -1;
    best = [...best].sort((one, other) => way * (one.value - other.value)).slice(0, 1);
  }
  const unit = { epoch: "epoch", step: "step", samples: "sample", seconds: "second" }[scene.axis];
  const parts = best.map(({ group, trace, value, at, count }) => {
    const digits = trace.percent ? `${(100 * value).toFixed(1)} %` : value.toPrecision(4);
    const shown = Number.isFinite(value) ? digits : inWords(value);
    const place = scene.axis === "epoch" || scene.axis === "seconds" ? +at.toFixed(1) : Math.round(at);
    const mean = count > 1 ? ` (mean of ${count})` : "";
    const name = scene.groups.length > 1 ? `${group.name}: ` : "";
    return `${name}${shown}${mean} at ${unit} ${place.toLocaleString("en")}`;
  });
  const colon = scene.groups.length > 1 ? " ·" : ":";
  return `★ Best ${best[0].trace.name.toLowerCase()}${colon} ${parts.join(" · ")}`;
}
