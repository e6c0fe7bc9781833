// Licensed under the Apache License, Version 2.0; see LICENSE.
//
//     node query.mjs MODULES EVIDENCE VIEW...
//
// DuckDB from MODULES (a node_modules folder), packaging/duckdb/views.sql over
// EVIDENCE (a pattern), and the rows of each VIEW as one JSON object.
import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';

const [modules, evidence, ...views] = process.argv.slice(2);
const require = createRequire(path.join(path.resolve(modules), 'x.js'));
const { DuckDBInstance } = require('@duckdb/node-api');

const here = path.dirname(new URL(import.meta.url).pathname);
const sql = path.join(here, '..', '..', 'packaging', 'duckdb', 'views.sql');
const settings = process.env.MEMORY ? { memory_limit: process.env.MEMORY } : {};
const db = await (await DuckDBInstance.create(':memory:', settings)).connect();

await db.run(`SET VARIABLE evidence = '${evidence.replaceAll("'", "''")}'`);
await db.run(fs.readFileSync(sql, 'utf8'));
const answer = {};
for (const view of views) {
    const rows = await db.runAndReadAll(`SELECT * FROM ${view}`);
    answer[view] = rows.getRowObjectsJson();
}
console.log(JSON.stringify(answer));
