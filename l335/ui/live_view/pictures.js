// Pictures that change during training.

const SMALL_PIXELS = 200; // pictures with a shorter longer side are shown with hard pixels

class Pictures {
  constructor(view) {
    this.view = view;
    this.host = view.querySelector(".l335-pictures");
    this.all = {};
  }

  build(previews) {
    this.host.replaceChildren();
    this.host.hidden = previews.length === 0;
    this.all = {};
    for (const { name, title, alt } of previews) {
      const box = element("figure", "l335-picture", this.host);
      const image = element("img", "", element("div", "l335-frame", box));
      image.alt = alt;
      element("figcaption", "", box).textContent = title;
      this.all[name] = { box, image, url: null };
    }
  }

  show(urls, aspect) {
    const [width, height] = aspect ?? [1, 1];
    this.view.style.setProperty("--l335-aspect", `${width} / ${height}`);
    for (const [name, picture] of Object.entries(this.all)) {
      picture.box.classList.toggle("l335-small", Math.max(width, height) < SMALL_PIXELS);
      this.change(picture, urls[name] ?? null);
    }
  }

  take(previews) {
    for (const [name, { url }] of Object.entries(previews)) {
      if (this.all[name]) this.change(this.all[name], url);
    }
  }

  change(picture, url) {
    if (picture.url === url) return;
    picture.url = url;
    picture.image.hidden = !url;
    if (!url) return;
    // Decoded before it is shown, so that nothing blinks.
    const next = new Image();
    next.src = url;
    next.decode().then(
      () => picture.url === url && (picture.image.src = url),
      () => (picture.url = null),
    );
  }
}
