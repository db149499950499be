/**
 * The visitor's choice of light or dark, before anything is drawn: a plain script, loaded in the head.
 * Kept by kept.js as "theme": "light", "dark", or nothing for the system's.
 */

{
  const apply = () => {
    const theme = JSON.parse(localStorage.getItem("glowworm.theme") ?? "null");
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  };
  try {
    apply();
    addEventListener("storage", apply); // chosen in another tab
  } catch {
    // A window without storage: the system's.
  }
}
