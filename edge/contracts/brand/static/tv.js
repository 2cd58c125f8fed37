// The TV's page: shows what edge/contracts/tv.py describes, by the teller's clock. Nothing newer than Chromium 70 knows.
(function () {
  "use strict";

  var SILENCE_MS = 25000;
  var AGAIN_MS = 2000;
  var PAGE_MS = 10000; // one page of what does not fit at once
  var NEW_PAGE_MS = 4000; // while there are new calls on several pages
  var MAX_COLUMNS = 4, MAX_ROWS = 8;
  var NOTICE_REM_S = 7; // how fast the notice runs
  var WEEKDAYS = ["Chủ Nhật", "Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy"];
  var WEEKDAYS_EN = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
  var CHARACTER_EM = 0.68; // a digit of the number's type, with room to spare

  var make = null; // of tv-page.js
  var preview = document.getElementById("preview");
  var state = null;
  var clock = null; // {now_ms, offset_min, heard}: heard on performance.now()
  var lostAtMs = 0; // the server's time at which this screen lost its link
  var source = null;
  var turned = "";
  var heard = performance.now();
  var tiles = { page: 0, until: performance.now() + PAGE_MS, newest: "" };
  var player = null;

  function id(name) { return document.getElementById(name); }
  function say(element, text) { if (element.textContent !== text) { element.textContent = text; } }
  function dress(element, name) { if (element.className !== name) { element.className = name; } }
  function nowMs() { return clock.now_ms + performance.now() - clock.heard; }
  function local(ms) { return new Date(ms + clock.offset_min * 60000); }
  function two(number) { return (number < 10 ? "0" : "") + number; }
  function hourMinute(ms) { return two(local(ms).getUTCHours()) + ":" + two(local(ms).getUTCMinutes()); }
  function rem() { return parseFloat(getComputedStyle(document.documentElement).fontSize); }
  function many() { return onPage().length > 16; }
  function waitsAtOnce() { return id("tv").classList.contains("split") ? 2 : 3; }
  function page(count) { return count > 1 ? Math.floor(performance.now() / PAGE_MS) % count : 0; }
  function place(call) { return "Quầy\u00a0" + call.number + (call.room ? " · Phòng\u00a0" + call.room : ""); }

  function ago(ms) {
    var minutes = Math.floor((nowMs() - ms) / 60000);
    if (minutes < 1) { return "vừa xong"; }
    return minutes < 60 ? minutes + (many() ? " phút" : " phút trước") : "lúc " + hourMinute(ms);
  }

  // What is to be said while nobody works, by the clock alone; null in working hours, or where nobody knows (T13).
  function closed() {
    var hours = state.hours;
    var now = nowMs();
    if (!hours.known || hours.always) { return null; }
    if (hours.spans.some(function (span) { return span[0] <= now && now < span[1]; })) { return null; }
    var later = hours.spans.filter(function (span) { return span[0] > now; });
    var opens = later.length ? later[0][0] : hours.next_opens_ms;
    if (opens && opens <= now) { return null; } // the next day began and the hub has not been heard since
    var today = opens && local(opens).toISOString().slice(0, 10) === local(now).toISOString().slice(0, 10);
    var at = opens ? local(opens) : null;
    var date = at && !today ? at.getUTCDate() + "/" + (at.getUTCMonth() + 1) : "";
    var words = { title: "Hết giờ làm việc", english: "Closed." };
    if (!hours.spans.length) {
      words = { title: hours.holiday ? "Hôm nay nghỉ: " + hours.holiday : "Hôm nay không làm việc",
        english: "Closed today" + (hours.holiday_en ? ": " + hours.holiday_en : "") + "." };
    } else if (later.length && later.length < hours.spans.length) {
      words = { title: "Nghỉ giữa giờ", english: "Break." };
    } else if (later.length) {
      words = { title: "Chưa đến giờ làm việc", english: "Not open yet." };
    }
    words.when = !opens ? "" : "Mở cửa lúc " + hourMinute(opens) + (date ? ", " + WEEKDAYS[at.getUTCDay()].replace(" ", "\u00a0") + "\u00a0" + date : "");
    if (opens) { words.english += " Opens at " + hourMinute(opens) + (date ? " on " + WEEKDAYS_EN[at.getUTCDay()] + "\u00a0" + date : "") + "."; }
    return words;
  }

  // Pages of tiles, where there are more counters than the screen shows at once.
  function capacity() { return (state.layout.columns || MAX_COLUMNS) * (state.layout.rows || MAX_ROWS); }
  function pages() { return Math.ceil(state.counters.length / capacity()); }
  function onPage() { return state.counters.slice(tiles.page * capacity(), (tiles.page + 1) * capacity()); }
  function pageOf(index) { return Math.floor(index / capacity()); }

  // A new call's tile is shown at once; while there are new ones, only their pages come in turn.
  function turnTiles() {
    var call = state.calls[0];
    var newest = call && current(call.stage) === "new" ? call.label + "/" + call.number + "/" + call.at_ms : "";
    var now = performance.now();
    var fresh = [];
    state.counters.forEach(function (counter, at) {
      if (current(counter.stage) === "new" && fresh.indexOf(pageOf(at)) < 0) { fresh.push(pageOf(at)); }
    });
    if (tiles.page >= pages()) { tiles.page = 0; }
    if (newest && newest !== tiles.newest) {
      state.counters.forEach(function (counter, at) { if (counter.number === call.number) { tiles.page = pageOf(at); } });
      tiles.until = now + (fresh.length > 1 ? NEW_PAGE_MS : PAGE_MS);
    } else if (now >= tiles.until) {
      var order = fresh.length ? fresh : state.counters.map(function (_counter, at) { return pageOf(at); });
      var later = order.filter(function (one) { return one > tiles.page; });
      tiles.page = later.length ? later[0] : order[0] || 0;
      tiles.until = now + (fresh.length > 1 ? NEW_PAGE_MS : PAGE_MS);
    }
    tiles.newest = newest;
  }

  // How large a number can be with so many columns; the layout is the one with the largest number.
  function layout(count, width, height, unit, gap, letters) {
    var best = null;
    var wanted = state.layout;
    for (var columns = 1; columns <= MAX_COLUMNS; columns += 1) {
      var rows = Math.ceil(count / columns);
      if (rows > (wanted.rows || MAX_ROWS) || (wanted.columns && columns !== Math.min(wanted.columns, count))) { continue; }
      var tileWidth = (width - gap * (columns - 1)) / columns;
      var tileHeight = (height - gap * (rows - 1)) / rows;
      var stacked = tileWidth < 2.1 * tileHeight;
      var inner = tileWidth - 3.25 * unit;
      var number = stacked
        ? Math.min((tileHeight - 2.2 * unit) * 0.5, inner / (CHARACTER_EM * letters))
        : Math.min(tileHeight * 0.72, (0.57 * inner) / (CHARACTER_EM * letters));
      var worth = (number * count) / (rows * columns) + (wanted.rows === rows ? 1e6 : 0);
      if (best === null || worth > best.worth) {
        best = { columns: columns, rows: rows, stacked: stacked, number: number, worth: worth,
          width: inner, height: stacked ? tileHeight - 2.2 * unit : tileHeight };
      }
    }
    return best;
  }

  function fit() {
    var counters = id("counters");
    if (!state.counters.length || !counters.clientHeight) { return; }
    var unit = rem();
    var letters = state.counters.reduce(function (most, c) { return Math.max(most, c.label.length); }, 4);
    var count = Math.min(state.counters.length, capacity()); // the last page is set out as the others are
    var best = layout(count, counters.clientWidth, counters.clientHeight, unit, unit * (many() ? 0.6 : 1), letters);
    var dense = best.height < 8 * unit;
    var text = best.stacked ? best.width : 0.43 * best.width - unit; // the width that the words have
    var counter = Math.min(best.height * (best.stacked ? 0.15 : dense ? 0.34 : 0.21), text / 4.5, 4.5 * unit);
    var narrow = best.columns === 4 && !best.stacked; // then the room stands alone
    var detail = Math.min(best.height * (best.stacked ? 0.085 : dense ? 0.28 : 0.125), text / (narrow && dense ? 3.8 : 8.2), 2.4 * unit);
    counters.className = (best.stacked ? "stacked" : "") + (dense ? " dense" : "") + (narrow ? " narrow" : "");
    counters.style.gridTemplateColumns = "repeat(" + best.columns + ", minmax(0, 1fr))";
    counters.style.gridTemplateRows = "repeat(" + best.rows + ", minmax(0, 1fr))";
    counters.style.setProperty("--number", best.number + "px");
    counters.style.setProperty("--state", Math.min(best.number * (dense ? 0.36 : 0.44), 5 * unit) + "px");
    counters.style.setProperty("--counter", counter + "px");
    counters.style.setProperty("--detail", detail + "px");
  }

  // The first of these sizes (rem) at which nothing of the element is cut off.
  function shrink(element, sizes) {
    for (var at = 0; at < sizes.length; at += 1) {
      element.style.fontSize = sizes[at] + "rem";
      if (element.scrollWidth <= element.clientWidth + 1 && element.scrollHeight <= element.clientHeight + 1) { return; }
    }
  }

  function lostSince() {
    return [lostAtMs, state ? state.lost_since_ms : 0].filter(Boolean).sort(function (a, b) { return a - b; })[0];
  }

  function current(stage) { return lostSince() ? "" : stage; } // cut off, nobody knows any more what is being called

  function dressed(base, stage) {
    return base + (current(stage) === "new" ? " call new" : current(stage) === "now" ? " call" : "");
  }

  function showCounters() {
    var box = id("counters");
    var shown = onPage();
    var there = box.querySelectorAll(".tile");
    if (there.length !== shown.length || !there.length) {
      box.textContent = "";
      shown.forEach(function () { box.appendChild(MoisoTv.tile()); });
      there = box.querySelectorAll(".tile");
    }
    shown.forEach(function (counter, at) {
      var one = there[at];
      dress(one, dressed((counter.state ? "tile away" : "tile") + (counter.colour ? " coloured" : ""), counter.stage));
      if (counter.colour) { one.style.setProperty("--card", counter.colour); } else { one.style.removeProperty("--card"); }
      say(one.querySelector("h2"), "Quầy " + counter.number);
      say(one.querySelector(".room"), counter.room ? "P." + counter.room : "");
      say(one.querySelector(".name"), (counter.room && counter.services ? " · " : "") + counter.services);
      say(one.querySelector(".next"), counter.next);
      say(one.querySelector(".label"), counter.label || counter.state || "–");
      dress(one.querySelector(".label"), counter.label ? "label num" : counter.state ? "label state" : "label num none");
    });
    if (!shown.length) {
      box.removeAttribute("style");
      box.className = "";
      box.appendChild(make("p", { class: "blank" }, [state.blank, make("span", { lang: "en" }, state.blank_en)]));
    }
    id("pages").hidden = pages() < 2;
    say(id("pages"), state.counters.length ? "Trang " + (tiles.page + 1) + "/" + pages() : "");
  }

  function showCalls() {
    var call = state.calls[0];
    var over = call && current(call.stage) ? null : closed();
    dress(id("now"), over ? "now over" : dressed("now", call ? call.stage : ""));
    say(id("now-title"), over ? over.title : !call ? "Chưa gọi số nào" : current(call.stage) ? "Mời số" : "Số gọi gần nhất");
    say(id("now-label"), call ? call.label : "–");
    dress(id("now-label"), !call ? "num none" : call.label.length > 4 ? "num long" : "num");
    id("now-label").hidden = Boolean(over);
    say(id("now-where"), over ? over.when : call ? place(call) : "Xin ngồi chờ, số sẽ hiện ở đây");
    say(id("now-en"), over ? over.english : "");
    // Beside media there is room for one of the two lists, in turn.
    var waits = state.layout.waits && state.waits.length > 0 && !over && !lostAtMs && !urgent();
    var last = state.layout.calls && state.calls.length > (over ? 0 : 1) && !urgent();
    var both = waits && last && id("tv").classList.contains("split");
    var turn = both ? page(2) : 0;
    id("waits").hidden = !waits || (both && turn === 1);
    id("last").hidden = !last || (both && turn === 0);
    id("calls").classList.toggle("alone", !waits && !last && !id("tv").classList.contains("split"));
    showWaits();
    showLast(over);
  }

  function showLast(over) {
    var last = id("last");
    last.textContent = "";
    last.appendChild(make("h2", {}, over ? "Số gọi gần nhất" : "Đã gọi trước đó"));
    state.calls.slice(over ? 0 : 1).forEach(function (earlier) {
      var where = "Quầy " + earlier.number + " · " + ago(earlier.at_ms);
      var row = make("div", {}, [make("b", {}, earlier.label), make("span", {}, where)]);
      last.appendChild(row);
      if (row.offsetTop + row.offsetHeight > last.offsetTop + last.clientHeight) { last.removeChild(row); }
    });
    if (last.children.length < 2) { last.hidden = true; } // no room for a single one
  }

  // The services whose waiting time is known, a page at a time.
  function showWaits() {
    var rows = id("wait-rows");
    var most = waitsAtOnce();
    var from = most * page(Math.ceil(state.waits.length / most));
    rows.textContent = "";
    state.waits.slice(from, from + most).forEach(function (waiting) {
      rows.appendChild(make("div", {}, [make("span", {}, waiting.service), make("b", {}, waiting.wait)]));
    });
  }

  function urgent() { return state.announcements.some(function (notice) { return notice.urgent; }); }

  // What was announced: urgent ones alone, then in turn.
  function showBanner() {
    var notices = state.announcements.filter(function (notice) { return notice.urgent === urgent(); });
    var notice = notices[page(notices.length)];
    id("banner").hidden = !notice;
    if (!notice) { return; }
    say(id("banner-text"), notice.text);
    say(id("banner-en"), notice.text_en);
    var letters = notice.text.length;
    dress(id("banner"), "banner" + (letters > 110 ? " longest" : letters > 55 ? " long" : ""));
  }

  function showLine() {
    var since = lostSince();
    var move = since ? null : state.moves[page(state.moves.length)];
    id("lost").hidden = !since;
    id("move").hidden = !move;
    id("notice").hidden = Boolean(since) || Boolean(move) || state.layout.notice === "none" || !state.notice.length;
    if (move) {
      say(id("move-text"), move.text);
      say(id("move-en"), move.text_en);
    }
    if (since) { say(id("lost-since"), "Mất kết nối từ " + hourMinute(since)); }
  }

  function runNotice() {
    var text = id("notice-text");
    say(text, state.notice.join("   ·   "));
    var seconds = Math.round(text.offsetWidth / rem() / NOTICE_REM_S);
    if (seconds && text.style.animationDuration !== seconds + "s") {
      text.style.animationDuration = seconds + "s";
      // It begins at the left edge: a screen that has just come on says something at once.
      text.style.animationDelay = -Math.round(id("notice").clientWidth / rem() / NOTICE_REM_S) + "s";
    }
  }

  function showHead() {
    var logo = state.layout.logo || "/brand/logo.svg";
    if (id("logo").getAttribute("src") !== logo) { id("logo").setAttribute("src", logo); }
    say(id("facility"), [state.facility, state.department].filter(Boolean).join(" · "));
    say(id("place"), state.place ? state.place + (state.hours.text ? " · " : "") : "");
    say(id("hours"), state.hours.text ? "Giờ làm việc\u00a0" + state.hours.text : "");
    shrink(id("facility"), [2.5, 2.2, 1.9, 1.7, 1.5, 1.3]);
    shrink(id("about"), [1.5, 1.35, 1.2, 1.05, 0.9]);
  }

  // Nobody has been called for a minute, and nothing else is to be said: media may have the whole screen.
  function idle() {
    var called = state.counters.some(function (counter) { return current(counter.stage); });
    return !called && state.counters.length > 0 && !lostSince() && !state.moves.length && !state.announcements.length && !closed();
  }

  function showMedia() {
    var full = state.layout.split === "full";
    player.take(state.media, state.layout.seconds);
    var on = state.layout.split !== "none" && player.canPlay() && (full ? idle() : !urgent());
    id("media").hidden = !on;
    dress(id("media"), on && full ? "full" : "");
    var split = on && !full ? " split split-" + state.layout.split : "";
    dress(id("tv"), "notice-" + state.layout.notice + split + (many() ? " many" : "") + (urgent() ? " urgent" : ""));
    player.run(on);
  }

  function report(medium) {
    if (!preview && !lostAtMs) { fetch(medium.url + "/unplayable", { method: "POST" }).catch(function () { return null; }); }
  }

  function show() {
    if (!clock || !state) { return; }
    document.documentElement.setAttribute("data-theme", state.layout.theme === "light" ? "day" : "night");
    turnTiles();
    id("calls").hidden = !state.counters.length;
    showMedia();
    showBanner();
    showHead();
    showLine();
    showCounters();
    fit();
    showCalls();
    runNotice();
  }

  function tick() {
    if (!clock) { return; }
    var now = local(nowMs());
    say(id("clock"), two(now.getUTCHours()) + ":" + two(now.getUTCMinutes()));
    say(id("weekday"), WEEKDAYS[now.getUTCDay()]);
    say(id("date"), two(now.getUTCDate()) + "/" + two(now.getUTCMonth() + 1) + "/" + now.getUTCFullYear());
    if (!preview && performance.now() - heard > SILENCE_MS) { lose(); }
    turn();
  }

  // What the clock alone changes: the hours, the minutes since a call, and the page of what is shown in turn.
  function turn() {
    if (!state) { return; }
    var over = closed();
    turnTiles();
    var waits = Math.ceil(state.waits.length / waitsAtOnce());
    var key = [over ? over.title + over.when : "", tiles.page, page(2), page(waits), page(state.moves.length),
      page(state.announcements.length), Math.floor(nowMs() / 20000)].join("|");
    if (key === turned) { return; }
    turned = key;
    show();
  }

  function lose() {
    if (clock && !lostAtMs) {
      lostAtMs = nowMs() - (performance.now() - heard);
      show();
    }
    if (source) {
      source.close();
      source = null;
      setTimeout(listen, AGAIN_MS);
    }
  }

  function listen() {
    heard = performance.now();
    source = new EventSource(location.pathname.replace(/\/$/, "") + "/events");
    source.addEventListener("clock", function (event) {
      heard = performance.now();
      clock = Object.assign(JSON.parse(event.data), { heard: heard });
      if (lostAtMs) {
        lostAtMs = 0;
        show();
      }
      tick();
    });
    source.addEventListener("state", function (event) {
      heard = performance.now();
      state = JSON.parse(event.data);
      lostAtMs = 0;
      show();
    });
    source.onerror = lose;
  }

  function read() {
    clock = { now_ms: Date.now(), offset_min: -new Date().getTimezoneOffset(), heard: performance.now() };
    state = JSON.parse(preview.textContent);
    tick();
    show();
  }

  function start() {
    make = MoisoTv.make;
    MoisoTv.build();
    player = MoisoTv.player(id("picture"), id("clip"), report, show);
    setInterval(tick, 1000);
    addEventListener("resize", show);
    if (document.fonts) { document.fonts.addEventListener("loadingdone", show); }
    if (preview) {
      preview.addEventListener("change", read);
      read();
    } else {
      listen();
    }
  }

  // A page names this script alone; it fetches its parts, and tries again where the board is away just then.
  ["tv-page.js", "tv-media.js"].forEach(function (name, at) {
    var part = document.createElement("script");
    part.async = false; // in this order
    part.src = "/brand/" + name;
    part.onerror = function () { setTimeout(function () { location.reload(); }, AGAIN_MS); };
    if (at === 1) { part.onload = start; }
    document.head.appendChild(part);
  });
})();
