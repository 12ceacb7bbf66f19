// Sets what was chosen before anything is painted; without a choice the system decides, by CSS alone.
;(() => {
  try {
    const chosen = localStorage.getItem('skypanel.theme')
    if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen
  } catch {
    // Storage may be forbidden; then the system's theme holds.
  }
})()
