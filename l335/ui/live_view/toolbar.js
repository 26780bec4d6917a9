// The row above the charts: axis, log scales, smoothing, single seeds, and what can be saved.

class Toolbar {
  // onChange(options) after each choice; onSave(what, panel) where something is to be saved.
  constructor(host, data, onChange, onSave) {
    Object.assign(this, { host, onChange, onSave });
    this.options = {
      axis: data.axes[0][0],
      isLogX: false,
      isLog: data.panels.some((panel) => panel.log),
      smoothing: 1,
      hasSeeds: false,
    };
    host.replaceChildren();
    this.buildAxes(data.axes);
    this.toggle("Log x", "isLogX", "Logarithmic horizontal axis; a point at 0 has no place on it");
    this.toggle("Log loss", "isLog", "Logarithmic axis for the loss");
    this.seeds = this.toggle("Each seed", "hasSeeds", "Draw every seed as a thin line");
    this.buildSmoothing();
    this.buildSave(data.panels);
    this.show(false, false);
  }

  // Buttons that would do nothing are not there.
  show(hasRun, hasSeeds) {
    this.seeds.hidden = !hasSeeds;
    this.save.hidden = !hasRun;
  }

  group(label) {
    const host = element("div", "l335-axes", this.host);
    host.setAttribute("role", "group");
    host.setAttribute("aria-label", label);
    return host;
  }

  button(text, host, onClick) {
    const button = element("button", "", host);
    button.type = "button";
    button.textContent = text;
    button.onclick = onClick;
    return button;
  }

  buildAxes(axes) {
    const host = this.group("Horizontal axis");
    const buttons = axes.map(([name, title]) => {
      const button = this.button(title, host, () => {
        this.options.axis = name;
        for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
        this.onChange();
      });
      button.setAttribute("aria-pressed", String(name === this.options.axis));
      return button;
    });
  }

  toggle(text, option, title) {
    const button = this.button(text, this.host, () => {
      this.options[option] = !this.options[option];
      button.setAttribute("aria-pressed", String(this.options[option]));
      this.onChange();
    });
    button.title = title;
    button.setAttribute("aria-pressed", String(this.options[option]));
    return button;
  }

  buildSmoothing() {
    const label = element("label", "l335-smoothing", this.host);
    label.append("Smoothing ");
    const select = element("select", "", label);
    for (const [name, value] of SMOOTHINGS) {
      const option = element("option", "", select);
      option.textContent = name;
      option.value = value;
      option.selected = value === this.options.smoothing;
    }
    select.title = "A running mean over the noisy losses of single batches; the raw line stays, faint";
    select.onchange = () => {
      this.options.smoothing = Number(select.value);
      this.onChange();
    };
  }

  buildSave(panels) {
    this.save = element("details", "l335-save", this.host);
    element("summary", "", this.save).textContent = "Save";
    const menu = element("div", "l335-menu", this.save);
    panels.forEach((panel, index) => {
      const title = panel.title.split(",")[0];
      for (const format of ["PNG", "SVG"]) this.item(menu, `${title} as ${format}`, format.toLowerCase(), index);
    });
    this.item(menu, "Charts as one HTML page", "html");
    this.item(menu, "Data as CSV", "csv");
    this.closeMenu = (event) => {
      if (!this.save.contains(event.target)) this.save.open = false;
    };
    document.addEventListener("click", this.closeMenu);
  }

  item(menu, text, what, index) {
    this.button(text, menu, () => {
      this.save.open = false;
      this.onSave(what, index);
    });
  }

  close() {
    document.removeEventListener("click", this.closeMenu);
  }
}
