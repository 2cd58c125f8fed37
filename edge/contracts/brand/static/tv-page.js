// The parts of the TV's page, as tv.js fills them. Nothing newer than Chromium 70 knows.
var MoisoTv = (function () {
  "use strict";

  // An element with these attributes, and what is inside it: elements, or a text.
  function make(tag, attributes, inside) {
    var element = document.createElement(tag);
    Object.keys(attributes).forEach(function (name) { element.setAttribute(name, attributes[name]); });
    [].concat(inside || []).forEach(function (part) {
      element.appendChild(typeof part === "string" ? document.createTextNode(part) : part);
    });
    return element;
  }

  // Everything inside the page's <main id="tv">.
  function build() {
    var main = document.getElementById("tv");
    [
      make("header", {}, [
        make("img", { class: "logo", id: "logo", src: "/brand/logo.svg", alt: "" }),
        make("div", { class: "names", id: "names" }, [
          make("h1", { id: "facility" }),
          make("p", { id: "about" }, [make("span", { id: "place" }), make("span", { id: "hours" })])
        ]),
        make("time", { class: "clock num", id: "clock" }),
        make("p", { class: "date" }, [make("span", { id: "weekday" }), make("br", {}), make("span", { id: "date" })])
      ]),
      make("div", { id: "content" }, [
        make("div", { id: "board" }, [make("section", { id: "counters" }), make("p", { id: "pages", hidden: "" })]),
        make("aside", { id: "calls" }, [
          make("section", { class: "now", id: "now", "aria-live": "polite" }, [
            make("h2", { id: "now-title" }), make("p", { class: "num", id: "now-label" }),
            make("p", { class: "where", id: "now-where" }), make("p", { class: "english", id: "now-en", lang: "en" })
          ]),
          make("section", { id: "media", hidden: "" }, [
            make("img", { id: "picture", alt: "", hidden: "" }), make("video", { id: "clip", playsinline: "", hidden: "" })
          ]),
          make("section", { class: "waits", id: "waits", hidden: "" }, [
            make("h2", {}, ["Chờ khoảng ", make("span", { lang: "en" }, "Waiting time")]),
            make("div", { class: "rows", id: "wait-rows" })
          ]),
          make("section", { class: "last", id: "last" })
        ])
      ]),
      make("section", { class: "banner", id: "banner", role: "alert", hidden: "" }, [
        make("strong", { id: "banner-text" }), make("span", { id: "banner-en", lang: "en" })
      ]),
      make("footer", { class: "notice", id: "notice" }, make("p", { id: "notice-text" })),
      make("footer", { class: "move", id: "move", role: "status", hidden: "" }, [
        make("strong", { id: "move-text" }), make("span", { id: "move-en", lang: "en" })
      ]),
      make("footer", { class: "lost", id: "lost", role: "alert", hidden: "" }, [
        make("strong", { id: "lost-since" }),
        make("span", {}, "Số trên màn hình có thể đã cũ. Xin nghe loa gọi hoặc hỏi nhân viên.")
      ])
    ].forEach(function (part) { main.appendChild(part); });
  }

  function tile() {
    return make("article", { class: "tile" }, [
      make("div", { class: "text" }, [
        make("h2", {}),
        make("p", { class: "service" }, [make("span", { class: "room" }), make("span", { class: "name" })]),
        make("p", { class: "next" })
      ]),
      make("p", { class: "label num" })
    ]);
  }

  return { make: make, build: build, tile: tile };
})();
