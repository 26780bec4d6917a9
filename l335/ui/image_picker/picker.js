// A strip of thumbnails that behaves like a group of radio buttons.

export default function mount({ data, parentElement, setTriggerValue }) {
  const strip = parentElement.querySelector(".l335-strip");
  const buttons = data.images.map((image, index) => {
    const button = strip.children[index] ?? strip.appendChild(makeButton());
    const picture = button.firstElementChild;
    if (picture.src !== image.url) picture.src = image.url;
    picture.alt = image.name;
    button.title = image.name;
    button.setAttribute("aria-checked", String(image.sha256 === data.chosen));
    button.tabIndex = image.sha256 === data.chosen ? 0 : -1;
    button.onclick = () => pick(index);
    button.onkeydown = (event) => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      pick((index + by + data.images.length) % data.images.length);
    };
    return button;
  });
  while (strip.children.length > buttons.length) strip.lastElementChild.remove();

  function pick(index) {
    for (const button of buttons) button.setAttribute("aria-checked", "false");
    buttons[index].setAttribute("aria-checked", "true");
    buttons[index].focus();
    setTriggerValue("picked", data.images[index].sha256);
  }
}

function makeButton() {
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("role", "radio");
  button.append(document.createElement("img"));
  return button;
}
