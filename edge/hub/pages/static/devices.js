// The page of all devices: drawn anew by the hub whenever one of them says something new.
import { byId, follow } from "./desk.js";

follow(byId("panel"), "/devices/panel");
