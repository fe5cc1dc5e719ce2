// Audits the GraphQL server at URL (argument 1) as the user of a token (environment: TOKEN); prints one JSON object.
import { auditServer } from 'graphql-http';

const fetchFn = (url, init = {}) =>
  fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${process.env.TOKEN}` } });
const results = await auditServer({ url: process.argv[2], fetchFn });
console.log(JSON.stringify(results.map(({ id, name, status, reason }) => ({ id, name, status, reason }))));
