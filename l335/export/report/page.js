"use strict";
for (const plot of document.querySelectorAll(".plot")) {
  const { data, layout } = JSON.parse(plot.querySelector("script").textContent);
  plot.textContent = "";
  const config = { responsive: true, displaylogo: false, showSendToCloud: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] };
  // Drawn layers scale as one picture on paper, whatever size the window had.
  const scalable = () => {
    for (const layer of plot.querySelectorAll(".main-svg")) {
      layer.setAttribute("viewBox", `0 0 ${layer.getAttribute("width")} ${layer.getAttribute("height")}`);
    }
  };
  Plotly.newPlot(plot, data, layout, config).then(() => {
    scalable();
    plot.on("plotly_afterplot", scalable);
    plot.dataset.drawn = "true";
  });
}
