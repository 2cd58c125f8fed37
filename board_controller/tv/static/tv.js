// The TV's page: shows what the board controller tells, by the board controller's clock. ES2018, no module.
(function () {
  "use strict";

  var SILENCE_MS = 25000;
  var AGAIN_MS = 2000;
  var PAGE_MS = 8000; // one page of what does not fit at once
  var WAITS = 3; // services on one page
  var WEEKDAYS = ["Chủ Nhật", "Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy"];
  var WEEKDAYS_EN = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
  var CHARACTER_EM = 0.68; // a digit of the number's type, with room to spare

  var state = null;
  var clock = null; // {now_ms, offset_min, heard}: heard on performance.now()
  var lostAtMs = 0; // the server's time at which this screen lost its link
  var source = null;
  var turned = "";
  var heard = performance.now();

  function id(name) { return document.getElementById(name); }
  function say(element, text) { if (element.textContent !== text) { element.textContent = text; } }
  function dress(element, name) { if (element.className !== name) { element.className = name; } }
  function nowMs() { return clock.now_ms + performance.now() - clock.heard; }
  function local(ms) { return new Date(ms + clock.offset_min * 60000); }
  function two(number) { return (number < 10 ? "0" : "") + number; }
  function hourMinute(ms) { return two(local(ms).getUTCHours()) + ":" + two(local(ms).getUTCMinutes()); }

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

  function page(count) { return count > 1 ? Math.floor(performance.now() / PAGE_MS) % count : 0; }

  function place(call) { return "Quầy\u00a0" + call.number + (call.room ? " · Phòng\u00a0" + call.room : ""); }

  // How large a number can be with so many columns; the layout is the one with the largest number.
  function layout(count, width, height, rem, letters) {
    var best = null;
    for (var columns = 1; columns <= 4; columns += 1) {
      var rows = Math.ceil(count / columns);
      if (rows > 8) { continue; }
      var tileWidth = (width - rem * (columns - 1)) / columns;
      var tileHeight = (height - rem * (rows - 1)) / rows;
      var stacked = tileWidth < 2.1 * tileHeight;
      var inner = tileWidth - 3.25 * rem;
      var number = stacked
        ? Math.min((tileHeight - 2.2 * rem) * 0.5, inner / (CHARACTER_EM * letters))
        : Math.min(tileHeight * 0.72, (0.57 * inner) / (CHARACTER_EM * letters));
      var worth = (number * count) / (rows * columns);
      if (best === null || worth > best.worth) {
        best = { columns: columns, rows: rows, stacked: stacked, number: number, worth: worth,
          width: inner, height: stacked ? tileHeight - 2.2 * rem : tileHeight };
      }
    }
    return best;
  }

  function many() { return state.counters.length > 16; }

  function fit() {
    var main = id("counters");
    document.body.classList.toggle("many", many());
    if (!state.counters.length) { return; }
    var rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    var letters = state.counters.reduce(function (most, c) { return Math.max(most, c.label.length); }, 4);
    var best = layout(state.counters.length, main.clientWidth, main.clientHeight, rem, letters);
    var dense = best.height < 8 * rem;
    var text = best.stacked ? best.width : 0.43 * best.width - rem; // the width that the words have
    var counter = Math.min(best.height * (best.stacked ? 0.15 : dense ? 0.34 : 0.21), text / 4, 4.5 * rem);
    var detail = Math.min(best.height * (best.stacked ? 0.085 : dense ? 0.25 : 0.125), text / 8.2, 2.4 * rem);
    main.className = (best.stacked ? "stacked" : "") + (dense ? " dense" : "") + (best.columns === 4 && !best.stacked ? " narrow" : "");
    main.style.gridTemplateColumns = "repeat(" + best.columns + ", minmax(0, 1fr))";
    main.style.gridTemplateRows = "repeat(" + best.rows + ", minmax(0, 1fr))";
    main.style.setProperty("--number", best.number + "px");
    main.style.setProperty("--state", Math.min(best.number * 0.44, 5 * rem) + "px");
    main.style.setProperty("--counter", counter + "px");
    main.style.setProperty("--detail", detail + "px");
  }

  function current(stage) {
    return lostAtMs || state.lost_since_ms ? "" : stage; // cut off, nobody knows any more what is being called
  }

  function dressed(base, stage) {
    return base + (current(stage) === "new" ? " call new" : current(stage) === "now" ? " call" : "");
  }

  function showCounters() {
    var main = id("counters");
    var tiles = main.querySelectorAll(".tile");
    if (tiles.length !== state.counters.length || !tiles.length) {
      main.textContent = "";
      state.counters.forEach(function () { main.appendChild(document.importNode(id("tile").content, true)); });
      tiles = main.querySelectorAll(".tile");
    }
    state.counters.forEach(function (counter, at) {
      var tile = tiles[at];
      dress(tile, dressed(counter.state ? "tile away" : "tile", counter.stage));
      say(tile.querySelector("h2"), "Quầy " + counter.number);
      say(tile.querySelector(".room"), counter.room ? "P." + counter.room : "");
      say(tile.querySelector(".name"), (counter.room ? " · " : "") + counter.services);
      say(tile.querySelector(".next"), counter.next);
      say(tile.querySelector(".label"), counter.label || counter.state || "–");
      dress(tile.querySelector(".label"), counter.label ? "label num" : counter.state ? "label state" : "label num none");
    });
    if (!state.counters.length) {
      var waiting = document.createElement("p");
      waiting.className = "waiting-for-hub";
      waiting.textContent = "Đang chờ máy chủ của cơ sở…";
      main.appendChild(waiting);
    }
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
    showWaits(over);
    var last = id("last");
    last.textContent = "";
    last.hidden = state.calls.length < (over ? 1 : 2);
    var title = document.createElement("h2");
    title.textContent = over ? "Số gọi gần nhất" : "Đã gọi trước đó";
    last.appendChild(title);
    state.calls.slice(over ? 0 : 1).forEach(function (earlier) {
      var row = document.createElement("div");
      var label = document.createElement("b");
      var where = document.createElement("span");
      label.textContent = earlier.label;
      where.textContent = "Quầy " + earlier.number + " · " + ago(earlier.at_ms);
      row.appendChild(label);
      row.appendChild(where);
      last.appendChild(row);
      if (row.offsetTop + row.offsetHeight > last.offsetTop + last.clientHeight) { last.removeChild(row); }
    });
  }

  // The services whose waiting time is known, a page at a time.
  function showWaits(over) {
    var rows = id("wait-rows");
    id("waits").hidden = Boolean(over) || !state.waits.length || Boolean(lostAtMs);
    var pages = Math.ceil(state.waits.length / WAITS);
    var from = WAITS * page(pages);
    rows.textContent = "";
    state.waits.slice(from, from + WAITS).forEach(function (waiting) {
      var row = document.createElement("div");
      var name = document.createElement("span");
      var wait = document.createElement("b");
      name.textContent = waiting.service;
      wait.textContent = waiting.wait;
      row.appendChild(name);
      row.appendChild(wait);
      rows.appendChild(row);
    });
  }

  function showLink() {
    var since = [lostAtMs, state ? state.lost_since_ms : 0].filter(Boolean).sort(function (a, b) { return a - b; })[0];
    id("lost").hidden = !since;
    var move = since || !state ? null : state.moves[page(state.moves.length)];
    id("move").hidden = !move;
    id("notice").hidden = Boolean(since) || Boolean(move);
    if (move) {
      say(id("move-text"), move.text);
      say(id("move-en"), move.text_en);
    }
    if (since) { say(id("lost-since"), "Mất kết nối từ " + hourMinute(since)); }
  }

  function show() {
    if (!clock || !state) { return; }
    say(id("facility"), [state.facility, state.place].filter(Boolean).join(" · "));
    dress(id("facility"), id("facility").textContent.length > 48 ? "long" : "");
    id("calls").hidden = !state.counters.length;
    say(id("hours"), state.hours.text ? "Giờ làm việc " + state.hours.text : "");
    say(id("notice-text"), state.notice.join("   ·   "));
    showCounters();
    showLink();
    fit();
    showCalls();
  }

  function tick() {
    if (clock) {
      var now = local(nowMs());
      say(id("clock"), two(now.getUTCHours()) + ":" + two(now.getUTCMinutes()));
      say(id("weekday"), WEEKDAYS[now.getUTCDay()]);
      say(id("date"), two(now.getUTCDate()) + "/" + two(now.getUTCMonth() + 1) + "/" + now.getUTCFullYear());
      if (performance.now() - heard > SILENCE_MS) { lose(); }
      turn();
    }
  }

  // What the clock alone changes: the hours, and the page of what is shown in turn.
  function turn() {
    if (!state) { return; }
    var over = closed();
    var key = (over ? over.title + over.when : "") + "|" + page(Math.ceil(state.waits.length / WAITS)) + "|" + page(state.moves.length);
    if (key === turned) { return; }
    turned = key;
    showLink();
    showCalls();
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
      lostAtMs = 0;
      tick();
      showLink();
    });
    source.addEventListener("state", function (event) {
      heard = performance.now();
      state = JSON.parse(event.data);
      lostAtMs = 0;
      show();
    });
    source.onerror = lose;
  }

  setInterval(tick, 1000);
  setInterval(function () { if (state && clock) { showCalls(); } }, 20000);
  addEventListener("resize", show);
  if (document.fonts) { document.fonts.addEventListener("loadingdone", show); }
  listen();
})();
