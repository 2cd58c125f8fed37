// The screens in the frame follow the form: they stand there in every language, so each text is put where it belongs,
// and whoever is in a field sees the screen that it is on. Without this script the links and the button beside the form
// have the hub draw them.
const form = document.querySelector("#kiosk-form")
const frame = document.querySelector("#kiosk")
let screen = "choose"
let language = "vi"

const screens = () => [...(frame.contentDocument?.querySelectorAll("main[data-screen]") ?? [])]

function show(wanted, spoken) {
  screen = wanted
  language = spoken
  for (const main of screens()) main.hidden = main.dataset.screen !== screen || main.lang !== language
  if (frame.contentDocument) frame.contentDocument.documentElement.lang = language
  for (const link of document.querySelectorAll("[data-screen]")) {
    if (link.dataset.screen === screen && link.dataset.in === language) link.setAttribute("aria-current", "true")
    else link.removeAttribute("aria-current")
  }
}

function put() {
  for (const field of form.querySelectorAll("[data-words]")) {
    const words = field.value.trim() || field.placeholder
    for (const main of screens().filter((one) => one.lang === field.dataset.in)) {
      for (const place of main.querySelectorAll(`[data-words=${field.dataset.words}]`)) place.textContent = words
    }
  }
  const ticked = [...form.querySelectorAll("[type=checkbox][name=languages]:checked:not([data-missing])")]
  const spoken = [["vi", "Tiếng Việt"], ...ticked.map((tick) => [tick.value, tick.dataset.name])]
  for (const main of screens()) {
    const at = spoken.findIndex(([code]) => code === main.lang)
    const [code, name] = spoken[(at + 1) % spoken.length]
    const button = main.querySelector(".other-language")
    button.hidden = code === main.lang
    button.lang = code
    button.textContent = name
  }
}

function drawn() {
  put()
  show(screen, language)
}

frame.addEventListener("load", drawn)
if (frame.contentDocument?.readyState === "complete") drawn()

form.addEventListener("input", put)
form.addEventListener("focusin", ({ target }) => {
  const part = target.closest("[data-shows]")
  if (part) show(part.dataset.shows, target.dataset.in ?? "vi")
})
form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]")
  if (!button) return
  event.preventDefault()
  const row = button.closest("li")
  if (button.dataset.do === "up") row.previousElementSibling?.before(row)
  else row.nextElementSibling?.after(row)
  button.focus()
  put()
})
for (const link of document.querySelectorAll("[data-screen]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault()
    show(link.dataset.screen, link.dataset.in)
  })
}
