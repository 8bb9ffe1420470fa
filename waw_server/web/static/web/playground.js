"use strict";

// GraphiQL on this server's own files; nothing is asked of any other host.

// Its menus make a style element each time that they open, and know no other way to the page's
// nonce: so each is given it here, and the policy needs nothing unsafe.
const nonce = document.currentScript.nonce;
const created = document.createElement.bind(document);
document.createElement = (name, options) => {
  const element = created(name, options);
  if (element instanceof HTMLStyleElement) element.nonce = nonce;
  return element;
};

(async () => {
  const root = document.getElementById("playground");
  const start = await (await fetch(root.dataset.start)).json();

  // Variables may hold a password and headers a token, so nothing outlives the page.
  const forgetful = { length: 0, getItem: () => null, setItem() {}, removeItem() {}, clear() {} };

  const fetcher = GraphiQL.createFetcher({
    url: `${location.origin}/graphql`,
    // The headers of the tab go along when a socket is opened.
    subscriptionUrl: start.liveUrl || `${location.origin.replace("http", "ws")}/graphql`,
  });
  ReactDOM.createRoot(root).render(
    React.createElement(GraphiQL, {
      fetcher,
      schema: start.schema,
      query: start.operations,
      variables: start.variables,
      headers: start.headers,
      defaultHeaders: start.headers,
      defaultEditorToolsVisibility: "variables",
      isHeadersEditorEnabled: true,
      shouldPersistHeaders: false,
      storage: forgetful,
    }),
  );
})();
