import { expect, test } from "vitest";
import type { Enter, Order } from "../../agent/control/messages.ts";
import { RemoteTerminal } from "../../agent/control/remote-terminal.ts";
import { containing } from "./matchers.ts";

function terminal({ fits = true, answerWithinMs = 10_000 } = {}) {
  const orders: (Order | Enter)[] = [];
  const line = { ended: 0 };
  const remote = new RemoteTerminal(
    {
      send: (order) => {
        orders.push(order);
        return fits;
      },
      end: () => {
        line.ended += 1;
      },
    },
    answerWithinMs,
  );
  return { remote, orders, line };
}

function requestId(order: Order | Enter | undefined): string {
  return order?.requestId ?? "";
}

test("each order has its own answer", async () => {
  const { remote, orders } = terminal();
  const [typed, key, screen] = [remote.type("make", "text"), remote.key("escape"), remote.screen()];
  remote.settle({ type: "done", requestId: requestId(orders[2]), status: "screen", text: "$" });
  remote.settle({ type: "done", requestId: requestId(orders[1]), status: "held", reason: "a menu is open" });
  remote.settle({ type: "done", requestId: requestId(orders[0]), status: "typed", removed: 2 });
  expect(await Promise.all([typed, key, screen])).toEqual([
    { status: "typed", removed: 2 },
    { status: "held", reason: "a menu is open" },
    { status: "screen", text: "$" },
  ]);
});

test("an order that is under way when the terminal goes is lost, and so is every later one", async () => {
  const { remote, orders } = terminal();
  const typed = remote.type("make", "text");
  remote.gone();
  expect(await typed).toMatchObject({ status: "lost" });
  expect(remote.alive()).toBe(false);
  expect(await remote.type("again", "text")).toMatchObject({ status: "lost" });
  expect(orders).toHaveLength(1);
});

test("a terminal that does not answer is lost, and its connection ended", async () => {
  const { remote, orders, line } = terminal({ answerWithinMs: 5 });
  expect(await remote.type("make", "text")).toMatchObject({
    status: "lost",
    reason: containing("did not answer"),
  });
  expect(line.ended).toBe(1);
  remote.settle({ type: "done", requestId: requestId(orders[0]), status: "typed" });
});

test("what a line cannot hold fails: not one byte was sent", async () => {
  const { remote } = terminal({ fits: false });
  expect(await remote.type("long", "text")).toMatchObject({
    status: "failed",
    reason: containing("too long"),
  });
});

test("an answer of the wrong kind leaves it open what was typed", async () => {
  const { remote, orders } = terminal();
  const typed = remote.type("make", "text");
  remote.settle({ type: "done", requestId: requestId(orders[0]), status: "screen", text: "$" });
  expect(await typed).toMatchObject({ status: "lost" });
});

test("before the Enter of a text it is asked whether that may be pressed", async () => {
  for (const refused of [undefined, "a question is open"]) {
    const { remote, orders } = terminal();
    const typed = remote.type("make", "text", async () => refused);
    const id = requestId(orders[0]);
    expect(orders).toMatchObject([{ type: "type", asksBeforeEnter: true }]);
    await remote.beforeEnter(id);
    expect(orders[1]).toEqual({ type: "enter", requestId: id, ...(refused === undefined ? {} : { refused }) });
    remote.settle({ type: "done", requestId: id, status: "held", reason: "as it was told" });
    await typed;
  }
});

test("a text that is given up while that is asked gets no Enter", async () => {
  const { remote, orders } = terminal();
  const asked = Promise.withResolvers<undefined>();
  const typed = remote.type("make", "text", () => asked.promise);
  const told = remote.beforeEnter(requestId(orders[0]));
  remote.gone();
  expect(await typed).toMatchObject({ status: "lost" });
  asked.resolve(undefined);
  await told;
  expect(orders[1]).toMatchObject({ type: "enter", refused: containing("nobody waits") });
});

test("a terminal of before that does not ask has typed it all the same", async () => {
  const { remote, orders } = terminal();
  const typed = remote.type("make", "text", async () => "a question is open");
  remote.settle({ type: "done", requestId: requestId(orders[0]), status: "typed" });
  expect(await typed).toEqual({ status: "typed" });
});
