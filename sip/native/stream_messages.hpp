/* The messages of Twilio's Media Streams: those that a server gets, and those that it sends.
 *
 * Members and their order are as published. A message of the server is read by a parser that
 * keeps nothing but the members that matter, and does not recurse.
 */
#ifndef OUTRING_STREAM_MESSAGES_HPP
#define OUTRING_STREAM_MESSAGES_HPP

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "stream_settings.hpp"

namespace outring {

const size_t MAX_MARK_NAME = 1000; /* bytes */

/* -- base64 --------------------------------------------------------------------- */

inline std::string encode_base64(const uint8_t *bytes, size_t size)
{
    std::string text((size + 2) / 3 * 4 + 1, '\0');
    text.resize(EVP_EncodeBlock(reinterpret_cast<uint8_t *>(&text[0]), bytes, static_cast<int>(size)));
    return text;
}

/* False for what is no base64 of RFC 4648. */
inline bool decode_base64(const std::string &text, std::vector<uint8_t> &bytes)
{
    const size_t padding = text.find('=');
    if (text.empty() || text.size() % 4 || padding < text.size() - 2 ||
        text.find_first_of(" \t\r\n") != std::string::npos)
        return text.empty();
    bytes.resize(text.size() / 4 * 3);
    int size = EVP_DecodeBlock(bytes.data(), reinterpret_cast<const uint8_t *>(text.data()),
                               static_cast<int>(text.size()));
    if (size < 0)
        return false;
    for (size_t i = text.size(); i > text.size() - 2 && text[i - 1] == '='; --i)
        --size;
    bytes.resize(size);
    return true;
}

/* -- to the server ----------------------------------------------------------------- */

inline std::string quoted(const std::string &text)
{
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

typedef std::vector<std::pair<std::string, std::string> > Parameters;

/* Writes the messages of one WebSocket, which are numbered from 1. */
class StreamWriter {
public:
    StreamWriter(const StreamSettings &settings, const std::string &stream_sid)
    : settings(settings), stream_sid(stream_sid)
    {}

    static std::string connected()
    {
        return "{\"event\":\"connected\",\"protocol\":\"Call\",\"version\":\"1.0.0\"}";
    }

    std::string start(const Parameters &parameters, bool is_resumed)
    {
        std::string custom;
        for (const Parameters::value_type &parameter : parameters)
            custom += (custom.empty() ? "" : ",") + quoted(parameter.first) + ":" +
                      quoted(parameter.second);
        return head("start") + ",\"start\":{\"accountSid\":" + quoted(settings.account_sid) +
               ",\"streamSid\":\"" + stream_sid + "\",\"callSid\":" + quoted(settings.call_sid) +
               ",\"tracks\":[\"inbound\"],\"mediaFormat\":{\"encoding\":\"" +
               (settings.is_binary ? "audio/x-l16" : "audio/x-mulaw") +
               "\",\"sampleRate\":" + std::to_string(settings.rate) +
               ",\"channels\":1},\"customParameters\":{" + custom + "}" +
               (is_resumed ? ",\"resumed\":true" : "") + "}" + tail();
    }

    /* The frame *number*, counted from 0 since the far end was heard first. */
    std::string media(uint64_t number, const uint8_t *bytes, size_t size)
    {
        return head("media") + ",\"media\":{\"track\":\"inbound\",\"chunk\":\"" +
               std::to_string(number + 1) + "\",\"timestamp\":\"" + std::to_string(number * 20) +
               "\",\"payload\":\"" + encode_base64(bytes, size) + "\"}" + tail();
    }

    std::string dtmf(char digit)
    {
        return "{\"event\":\"dtmf\",\"streamSid\":\"" + stream_sid + "\",\"sequenceNumber\":\"" +
               std::to_string(++sequence) + "\",\"dtmf\":{\"track\":\"inbound_track\",\"digit\":\"" +
               digit + "\"}}";
    }

    std::string mark(const std::string &name)
    {
        return head("mark") + ",\"streamSid\":\"" + stream_sid + "\",\"mark\":{\"name\":" +
               quoted(name) + "}}";
    }

    /* Not one of Twilio's; *values* are an object of JSON. */
    std::string outring(const std::string &values)
    {
        return head("outring") + ",\"outring\":" + values + tail();
    }

    std::string stop()
    {
        return head("stop") + ",\"stop\":{\"accountSid\":" + quoted(settings.account_sid) +
               ",\"callSid\":" + quoted(settings.call_sid) + "}" + tail();
    }

private:
    std::string head(const char *event)
    {
        return std::string("{\"event\":\"") + event + "\",\"sequenceNumber\":\"" +
               std::to_string(++sequence) + "\"";
    }

    std::string tail() const
    {
        return ",\"streamSid\":\"" + stream_sid + "\"}";
    }

    const StreamSettings &settings;
    const std::string stream_sid;
    uint64_t sequence = 0;
};

/* -- from the server ----------------------------------------------------------------- */

/* What a message says; *payload* and *mark* as far as they stand in it. */
struct ServerMessage {
    std::string event;
    std::string payload;
    std::string mark;
    bool has_payload = false;
    bool has_mark = false;
};

/* Keeps "event", "media.payload" and "mark.name". */
class ServerMessageReader : public nlohmann::json_sax<nlohmann::json> {
public:
    explicit ServerMessageReader(ServerMessage &message) : message(message) {}

    bool null() override { return value(); }
    bool boolean(bool) override { return value(); }
    bool number_integer(number_integer_t) override { return value(); }
    bool number_unsigned(number_unsigned_t) override { return value(); }
    bool number_float(number_float_t, const string_t &) override { return value(); }
    bool binary(binary_t &) override { return value(); }

    bool string(string_t &text) override
    {
        if (depth == 1 && name == "event") {
            message.event.swap(text);
        } else if (depth == 2 && parent == "media" && name == "payload") {
            message.payload.swap(text);
            message.has_payload = true;
        } else if (depth == 2 && parent == "mark" && name == "name") {
            message.mark.swap(text);
            message.has_mark = true;
        }
        return value();
    }

    bool key(string_t &text) override
    {
        name.swap(text);
        return true;
    }

    bool start_object(std::size_t) override
    {
        return begin();
    }

    bool end_object() override
    {
        --depth;
        return true;
    }

    bool start_array(std::size_t) override
    {
        name.clear();
        return depth > 0 && begin(); /* the message is an object */
    }

    bool end_array() override
    {
        --depth;
        return true;
    }

    bool parse_error(std::size_t, const std::string &, const nlohmann::detail::exception &) override
    {
        return false;
    }

private:
    static const unsigned DEEPEST = 32;

    bool value() const
    {
        return depth > 0;
    }

    bool begin()
    {
        if (depth == 1)
            parent = name;
        return ++depth <= DEEPEST;
    }

    ServerMessage &message;
    std::string name, parent;
    unsigned depth = 0;
};

/* False for what is no message at all. */
inline bool read_server_message(const char *text, size_t size, ServerMessage &message)
{
    ServerMessageReader reader(message);
    return nlohmann::json::sax_parse(text, text + size, &reader) && !message.event.empty();
}

} // namespace outring

#endif
