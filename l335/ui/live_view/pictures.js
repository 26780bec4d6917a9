// Pictures that change during training.

const HARD_FROM = 1.5; // pictures enlarged at least so much are shown with hard pixels
const LOSSY = "Kept as JPEG: saved, it has fewer dB than the run. The last picture of a finished run is exact.";

class Pictures {
  constructor(view) {
    this.view = view;
    this.host = view.querySelector(".l335-pictures");
    this.all = {};
    this.observer = new ResizeObserver(() => Object.values(this.all).forEach(harden));
    this.observer.observe(this.host);
  }

  build(previews) {
    this.host.replaceChildren();
    this.host.hidden = previews.length === 0;
    this.all = {};
    for (const { name, title, alt } of previews) {
      const box = element("figure", "l335-picture", this.host);
      const image = element("img", "", element("div", "l335-frame", box));
      image.alt = alt;
      image.onload = () => harden(this.all[name]);
      element("figcaption", "", box).textContent = title;
      this.all[name] = { box, image, url: null };
    }
  }

  show(urls, aspect) {
    const [width, height] = aspect ?? [1, 1];
    this.view.style.setProperty("--l335-aspect", `${width} / ${height}`);
    for (const [name, picture] of Object.entries(this.all)) {
      this.change(picture, urls[name] ?? null);
    }
  }

  take(previews) {
    for (const [name, { url, is_exact: isExact }] of Object.entries(previews)) {
      if (!this.all[name]) continue;
      this.change(this.all[name], url);
      this.all[name].image.title = isExact === false ? LOSSY : "";
    }
  }

  close() {
    this.observer.disconnect();
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

// Pixels stay squares where they are few; smoothed they would hide what the network was given.
function harden({ box, image }) {
  if (!image.naturalWidth || !image.clientWidth) return;
  const enlarged = Math.min(
    image.clientWidth / image.naturalWidth,
    image.clientHeight / image.naturalHeight,
  );
  box.classList.toggle("l335-small", enlarged >= HARD_FROM);
}
