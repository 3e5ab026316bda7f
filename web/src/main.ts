import { mount } from "svelte";
import App from "./App.svelte";
import "./page.css";

const target = document.getElementById("page");
if (target === null) throw new Error("index.html holds no #page");
mount(App, { target });
