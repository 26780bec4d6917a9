// Taking figures and data home: PNG and SVG of a panel, one page with all panels, and a table.

const PICTURE = { width: 1100, height: 620, scale: 2 };

function download(url, name) {
  const link = element("a", "");
  link.href = url;
  link.download = name;
  link.click();
}

function slug(text) {
  return text.toLowerCase().replace(/[^a-z0-9.]+/g, "-").replace(/^-+|-+$/g, "");
}

// A figure that stands alone: with a ground of its own, a title and a legend.
function standalone(panel, title) {
  const { theme } = panel.scene;
  const figure = JSON.parse(JSON.stringify({ data: panel.host.data, layout: panel.layout(panel.scene) }));
  Object.assign(figure.layout, {
    title: { text: `${panel.spec.title}: ${title}`, font: { size: 17 } },
    paper_bgcolor: theme.surface,
    plot_bgcolor: theme.surface,
    showlegend: true,
    margin: { l: 70, r: 24, t: 60, b: 60 },
    legend: { orientation: "h", x: 0, y: -0.16, yanchor: "top" },
  });
  // On the page a caption says what the marks at the edges are.
  for (const { edge, sentence } of edgeNotes(panel.host.data)) {
    const mark = figure.data.find(({ meta }) => meta?.edge === edge);
    Object.assign(mark, { showlegend: true, name: sentence, legendgroup: edge });
  }
  for (const name of ["xaxis", "yaxis"]) {
    const { range, autorange } = panel.host.layout[name]; // as zoomed
    Object.assign(figure.layout[name], { range: [...range], autorange: Boolean(autorange) });
  }
  return figure;
}

function savePicture(panel, format, title, name) {
  const figure = standalone(panel, title);
  figure.layout.font.family = "sans-serif"; // a file knows no web fonts
  const filename = `${name}-${slug(panel.spec.title)}`;
  return window.Plotly.downloadImage(figure, { ...PICTURE, format, filename });
}

// One page with the chart library inside, so that it opens without any network.
async function savePage(panels, title, name, plotlyUrl) {
  const response = await fetch(plotlyUrl);
  if (!response.ok) throw new Error("The chart library could not be loaded.");
  const library = await response.text();
  const figures = panels.map((panel) => standalone(panel, title));
  const json = JSON.stringify(figures).replaceAll("<", "\\u003c");
  const { surface, text } = panels[0].scene.theme;
  const page = element("title", "");
  page.textContent = title;
  const parts = [
    `<!doctype html><html lang="en"><head><meta charset="utf-8">${page.outerHTML}`,
    `<style>body{margin:1rem;background:${surface};color:${text}}div{height:46vh;min-height:22rem}</style>`,
    "</head><body><script>", library, "</script><script>",
    `for (const figure of ${json}) {`,
    "const host = document.body.appendChild(document.createElement('div'));",
    "Plotly.newPlot(host, figure.data, figure.layout, { responsive: true, displaylogo: false, showSendToCloud: false });",
    "}</script></body></html>",
  ];
  const url = URL.createObjectURL(new Blob(parts, { type: "text/html" }));
  download(url, `${name}.html`);
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
