#!/usr/bin/env node
"use strict";
require("./loader.cjs").load("main.cjs");
