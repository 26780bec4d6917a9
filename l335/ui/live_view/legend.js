// Names of the settings that are compared, in their colours; each can be hidden in all charts.

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
      element("span", "l335-swatch", button).style.background = theme.colors[index % theme.colors.length];
      button.append(group.num_seeds > 1 ? `${group.name} (n = ${group.num_seeds})` : group.name);
      button.title = "Hide or show it in the charts";
      button.setAttribute("aria-pressed", String(!this.hidden.has(group.name)));
      button.onclick = () => this.toggle(group.name, button);
    });
    const hasSeeds = groups.some((group) => group.num_seeds > 1);
    const notes = dashes.length > 1 ? dashes.map(({ name, dash }) => `${dash === "solid" ? "solid" : "dashed"}: ${name.toLowerCase()}`) : [];
    if (hasSeeds) notes.push("line: mean over seeds", "band: lowest to highest seed");
    element("span", "l335-note", this.host).textContent = notes.join(" · ");
  }

  toggle(name, button) {
    if (!this.hidden.delete(name)) this.hidden.add(name);
    button.setAttribute("aria-pressed", String(!this.hidden.has(name)));
    this.onChange();
  }
}

// "★ Best test: CNN 89.1 % at epoch 7 · Basic net 87.0 % at epoch 9"
function bestSentence(best, scene) {
  if (!best?.length) return "";
  const unit = { epoch: "epoch", step: "step", samples: "sample", seconds: "second" }[scene.axis];
  const parts = best.map(({ group, trace, value, at, count }) => {
    const shown = trace.percent ? `${(100 * value).toFixed(1)} %` : value.toPrecision(4);
    const place = scene.axis === "epoch" || scene.axis === "seconds" ? +at.toFixed(1) : Math.round(at);
    const mean = count > 1 ? ` (mean of ${count})` : "";
    const name = scene.groups.length > 1 ? `${group.name} ` : "";
    return `${name}${shown}${mean} at ${unit} ${place.toLocaleString("en")}`;
  });
  return `★ Best ${best[0].trace.name.toLowerCase()}: ${parts.join(" · ")}`;
}
