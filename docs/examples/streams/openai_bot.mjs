// A model of OpenAI's Realtime API on a call, by TwilioRealtimeTransportLayer as it is.
//
// OPENAI_API_KEY=… node openai_bot.mjs PORT; it needs @openai/agents, @openai/agents-extensions and
// ws. OPENAI_REALTIME_URL names another server of the same API.
import { WebSocketServer } from "ws";
import { RealtimeAgent, RealtimeSession } from "@openai/agents/realtime";
import { TwilioRealtimeTransportLayer } from "@openai/agents-extensions";

const agent = new RealtimeAgent({
  name: "Assistant",
  instructions: "You are on a telephone call. Greet whoever answers, and be brief.",
});

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]), path: "/out" });
server.on("connection", async (socket) => {
  const transport = new TwilioRealtimeTransportLayer({
    twilioWebSocket: socket,
    url: process.env.OPENAI_REALTIME_URL,
  });
  // The sound of calls; without it the model is asked for PCM of 24 kHz.
  const audio = { input: { format: "g711_ulaw" }, output: { format: "g711_ulaw" } };
  const session = new RealtimeSession(agent, { transport, config: { audio }, tracingDisabled: true });
  session.on("error", ({ error }) => console.error(error));
  transport.on("*", (event) => {
    if (event.type === "twilio_message" && event.message.event === "start") {
      console.log(JSON.stringify(event.message.start.customParameters));
    }
  });
  transport.on("connection_change", (status) => {
    if (status === "disconnected") socket.close(); // which hangs up
  });
  try {
    await session.connect({ apiKey: process.env.OPENAI_API_KEY });
    transport.sendEvent({ type: "response.create" });
  } catch (error) {
    console.error(error);
    socket.close();
  }
});
