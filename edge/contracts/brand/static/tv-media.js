// Plays pictures and clips in turn, in one element for each kind, used again and again: nothing piles up in a month.
// `report(medium)` is told what could not be played, `changed()` when it is another question whether anything can.
MoisoTv.player = function (picture, clip, report, changed) {
  "use strict";

  var STALLED_MS = 15000; // a clip that stands still for so long cannot play
  var AFRESH_MS = 60000; // when nothing could play, all is tried again after this

  var media = [];
  var seconds = 0;
  var key = "";
  var at = 0;
  var failed = {};
  var runs = false;
  var turn = 0; // whatever an element still says of an earlier turn is passed over
  var timer = 0;

  clip.muted = true;

  function after(ms, work) {
    clearTimeout(timer);
    timer = setTimeout(work, ms);
  }

  function canPlay() {
    return media.some(function (medium) { return !failed[medium.url]; });
  }

  function halt() {
    runs = false;
    turn += 1;
    clearTimeout(timer);
    clip.pause();
  }

  function play(from) {
    at = from % media.length;
    while (failed[media[at].url]) { at = (at + 1) % media.length; }
    turn += 1;
    if (media[at].kind === "picture") { showPicture(media[at], turn); } else { showClip(media[at], turn); }
  }

  function showPicture(medium, mine) {
    picture.onload = function () {
      if (mine !== turn) { return; }
      clip.pause();
      clip.hidden = true;
      picture.hidden = false;
      if (media.length > 1) { after(seconds * 1000, function () { play(at + 1); }); }
    };
    picture.onerror = function () { if (mine === turn) { skip(medium); } };
    clearTimeout(timer);
    picture.src = medium.url;
  }

  function showClip(medium, mine) {
    function fail() { if (mine === turn) { skip(medium); } }
    clip.onplaying = function () {
      if (mine !== turn) { return; }
      picture.hidden = true;
      clip.hidden = false;
    };
    clip.ontimeupdate = function () { if (mine === turn) { after(STALLED_MS, fail); } };
    clip.onended = function () { if (mine === turn) { play(at + 1); } };
    clip.onerror = fail;
    after(STALLED_MS, fail);
    if (clip.getAttribute("src") !== medium.url) { clip.setAttribute("src", medium.url); } else { clip.currentTime = 0; }
    var started = clip.play();
    if (started) { started.catch(fail); }
  }

  // What cannot play is left out; where nothing can, the numbers have the room for a while.
  function skip(medium) {
    failed[medium.url] = true;
    report(medium);
    if (canPlay()) {
      play(at + 1);
      return;
    }
    halt();
    clip.removeAttribute("src");
    changed();
    after(AFRESH_MS, function () {
      failed = {};
      changed();
    });
  }

  return {
    canPlay: canPlay,
    // The playlist, and how long a picture stands; the same one again goes on where it is.
    take: function (list, pictureSeconds) {
      var fresh = JSON.stringify([list, pictureSeconds]);
      if (fresh === key) { return; }
      key = fresh;
      halt();
      media = list;
      seconds = pictureSeconds;
      failed = {};
      at = 0;
    },
    run: function (on) {
      if (on && !runs) {
        runs = true;
        play(at);
      } else if (!on && runs) {
        halt();
      }
    }
  };
};
