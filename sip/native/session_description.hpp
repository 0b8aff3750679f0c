/* A far end's session description (RFC 8866), read before PJMEDIA sees it.
 *
 * PJMEDIA looks host names up on the thread that polls, ends a call for a line that others
 * leave out, and trusts numbers that it is given. So each description is read here, without
 * PJSIP, and written anew with only what PJMEDIA needs: numeric addresses, formats that we
 * have, numbers within their limits. A media line that we cannot use is handed on as refused
 * (port 0), so that it is answered (RFC 3264 section 6); where no audio line is left, the
 * description cannot be used, and *problem* says why in words for a person.
 * Owns nothing: what it knows of us comes as an argument.
 */
#ifndef OUTRING_SESSION_DESCRIPTION_HPP
#define OUTRING_SESSION_DESCRIPTION_HPP

#include <arpa/inet.h>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace outring {

const size_t MAX_MEDIA_LINES = 4;   /* PJMEDIA_MAX_SDP_MEDIA of the build; see sdp_module.hpp */
const size_t MAX_FORMATS = 32;      /* of one media line */
const size_t MAX_CRYPTO = 8;        /* and so many ssrc attributes of one media line */
const unsigned long MAX_PT = 127;   /* RFC 3551 */
const unsigned long FIRST_DYNAMIC_PT = 96;

/* Codes of the Warning header (RFC 3261 section 20.43). */
enum Warning {
    NO_WARNING = 0,
    WRONG_ADDRESS = 301,
    WRONG_TRANSPORT = 302,
    WRONG_MEDIA = 304,
    WRONG_FORMAT = 305,
    UNREADABLE = 399
};

/* Why something cannot be used; without text it can. */
struct SdpProblem {
    SdpProblem() : warning(NO_WARNING) {}
    SdpProblem(Warning warning, const std::string &text) : warning(warning), text(text) {}
    bool exists() const { return !text.empty(); }

    Warning warning;
    std::string text;
};

/* What our side can do, against which a description is held. */
struct OurMedia {
    std::vector<std::string> codecs; /* "PCMU/8000/1", as PJMEDIA names them; none: all */
    int family = 0;                  /* AF_INET, AF_INET6; 0 where it is not known */
    bool is_answering = false;       /* the description is an offer */
};

/* A description as PJMEDIA may see it, and why it cannot be used. */
struct ReadDescription {
    std::string text;
    SdpProblem problem;
};

namespace sdp {

typedef std::vector<std::string> Words;

struct Address {
    std::string name; /* as the far end wrote it */
    int family = 0;   /* 0: it is no number */
    bool is_of_many = false; /* multicast or broadcast */

    bool is_unspecified() const { return name == "0.0.0.0" || name == "::"; }
};

struct Attribute {
    std::string name; /* in small letters */
    std::string value;
};

struct Media {
    std::string kind, transport, port;
    Words formats;
    std::vector<Address> connections; /* one at the most: the last */
    std::vector<Attribute> attributes;
};

struct Session {
    std::string version = "0";
    std::vector<Address> connections;
    std::vector<Attribute> attributes;
    std::vector<Media> media;
    bool has_unreadable_media = false;
};

/* -- characters and words ------------------------------------------------------------ */

inline bool is_blank(char letter)
{
    return letter == ' ' || letter == '\t' || letter == '\0';
}

inline bool is_digit(char letter)
{
    return letter >= '0' && letter <= '9';
}

inline bool is_printable(const std::string &text)
{
    for (size_t i = 0; i < text.size(); ++i)
        if (text[i] != '\t' && (text[i] < ' ' || text[i] > '~'))
            return false;
    return true;
}

/* A token of RFC 8866 section 9. */
inline bool is_token(const std::string &text)
{
    for (size_t i = 0; i < text.size(); ++i) {
        const char letter = text[i];
        if (!is_digit(letter) && !(letter >= 'a' && letter <= 'z') &&
            !(letter >= 'A' && letter <= 'Z') && !std::strchr("!#$%&'*+-.^_`{|}~", letter))
            return false;
    }
    return !text.empty();
}

inline std::string trimmed(const std::string &text)
{
    size_t begin = 0, end = text.size();
    while (begin < end && is_blank(text[begin]))
        ++begin;
    while (end > begin && is_blank(text[end - 1]))
        --end;
    return text.substr(begin, end - begin);
}

inline std::string in_small_letters(std::string text)
{
    for (size_t i = 0; i < text.size(); ++i)
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = static_cast<char>(text[i] - 'A' + 'a');
    return text;
}

inline std::string in_capitals(std::string text)
{
    for (size_t i = 0; i < text.size(); ++i)
        if (text[i] >= 'a' && text[i] <= 'z')
            text[i] = static_cast<char>(text[i] - 'a' + 'A');
    return text;
}

/* The words of *text* between characters of *separators*; empty ones are left out. */
inline Words split(const std::string &text, const char *separators)
{
    Words words;
    size_t begin = 0;
    while ((begin = text.find_first_not_of(separators, begin)) != std::string::npos) {
        size_t end = text.find_first_of(separators, begin);
        if (end == std::string::npos)
            end = text.size();
        words.push_back(text.substr(begin, end - begin));
        begin = end;
    }
    return words;
}

/* The number that *text* is; false if it is none, or above *limit*. */
inline bool to_number(const std::string &text, unsigned long limit, unsigned long &number)
{
    if (text.empty() || text.size() > 9)
        return false;
    for (size_t i = 0; i < text.size(); ++i)
        if (!is_digit(text[i]))
            return false;
    number = std::strtoul(text.c_str(), NULL, 10);
    return number <= limit;
}

/* What a far end wrote, so that it may stand in a log line or a header. */
inline std::string quoted(const std::string &text)
{
    const size_t LONGEST = 64;
    std::string safe = text.substr(0, LONGEST);
    for (size_t i = 0; i < safe.size(); ++i)
        if (safe[i] < ' ' || safe[i] > '~' || safe[i] == '"' || safe[i] == '\\')
            safe[i] = '?';
    return text.size() > LONGEST ? safe + "..." : safe;
}

/* -- reading ------------------------------------------------------------------------- */

/* The part of a connection address before its TTL and count (RFC 8866 section 5.7). */
inline Address to_address(const std::string &text)
{
    Address address;
    address.name = text.substr(0, text.find('/'));
    unsigned char binary[16];
    if (inet_pton(AF_INET, address.name.c_str(), binary) == 1)
        address.family = AF_INET;
    else if (inet_pton(AF_INET6, address.name.c_str(), binary) == 1)
        address.family = AF_INET6;
    address.is_of_many = address.family == AF_INET    ? binary[0] >= 224
                         : address.family == AF_INET6 ? binary[0] == 0xff
                                                      : false;
    return address;
}

/* The address of "IN IP4 192.0.2.1": the family is that of the number itself, since some
 * say IP4 of an IPv6 address. Another network than IN has none. */
inline Address read_connection(const std::string &value)
{
    const Words words = split(value, " \t");
    if (words.size() < 3 || in_small_letters(words[0]) != "in") {
        Address unknown;
        unknown.name = value;
        return unknown;
    }
    return to_address(words[2]);
}

inline Attribute read_attribute(const std::string &value)
{
    const size_t colon = value.find(':');
    Attribute attribute;
    attribute.name = in_small_letters(trimmed(value.substr(0, colon)));
    if (colon != std::string::npos)
        attribute.value = trimmed(value.substr(colon + 1));
    return attribute;
}

/* Of "audio 49170/2 RTP/AVP 0 101"; false if it cannot be read. */
inline bool read_media(const std::string &value, Media &media)
{
    const Words words = split(value, " \t");
    unsigned long port;
    if (words.size() < 3 || !is_token(words[0]) || !is_printable(words[2]))
        return false;
    media.kind = in_small_letters(words[0]);
    media.port = words[1].substr(0, words[1].find('/'));
    media.transport = words[2];
    if (media.kind == "audio")
        media.transport = in_capitals(media.transport);
    media.formats.assign(words.begin() + 3, words.end());
    return to_number(media.port, 65535, port);
}

inline void read_line(char type, const std::string &value, Session &session)
{
    Media *media = session.media.empty() ? NULL : &session.media.back();
    if (type == 'v') {
        session.version = value;
    } else if (type == 'c') {
        (media ? media->connections : session.connections).assign(1, read_connection(value));
    } else if (type == 'a') {
        (media ? media->attributes : session.attributes).push_back(read_attribute(value));
    } else if (type == 'm') {
        session.media.push_back(Media());
        if (!read_media(value, session.media.back()))
            session.has_unreadable_media = true;
    }
}

/* Lines may end with CR, LF or both; what is no line of a description is passed over, and
 * so are the lines that PJMEDIA has no use for. */
inline Session read(const std::string &text)
{
    Session session;
    const Words lines = split(text, "\r\n");
    for (size_t i = 0; i < lines.size(); ++i) {
        const std::string line = trimmed(lines[i]);
        if (line.size() >= 2 && line[1] == '=')
            read_line(line[0], trimmed(line.substr(2)), session);
    }
    return session;
}

/* -- formats ------------------------------------------------------------------------- */

/* Payload types that need no rtpmap (RFC 3551 section 6), of the codecs that PJMEDIA may
 * have, as PJMEDIA names them. */
inline std::string static_codec(unsigned long payload_type)
{
    switch (payload_type) {
    case 0: return "pcmu/8000/1";
    case 3: return "gsm/8000/1";
    case 8: return "pcma/8000/1";
    case 9: return "g722/16000/1";
    case 10: return "l16/44100/2";
    case 11: return "l16/44100/1";
    case 18: return "g729/8000/1";
    default: return "";
    }
}

/* "PCMU/8000" as "pcmu/8000/1"; empty if it is no encoding. */
inline std::string to_codec(const std::string &encoding)
{
    const Words words = split(encoding, "/");
    unsigned long rate, channels = 1;
    if (words.size() < 2 || words.size() > 3 || !is_token(words[0]) ||
        words[0].size() > 32 || !to_number(words[1], 999999, rate) || !rate ||
        (words.size() == 3 && (!to_number(words[2], 99, channels) || !channels)))
        return "";
    return in_small_letters(words[0]) + "/" + std::to_string(rate) + "/" +
           std::to_string(channels);
}

inline bool is_event(const std::string &codec)
{
    return codec.compare(0, 16, "telephone-event/") == 0;
}

inline bool is_known(const std::string &codec, const OurMedia &ours)
{
    for (size_t i = 0; i < ours.codecs.size(); ++i)
        if (in_small_letters(ours.codecs[i]) == codec)
            return true;
    return ours.codecs.empty();
}

/* The first attribute *name* of each payload type: what is behind its number. */
inline std::map<std::string, std::string> by_format(const Media &media, const char *name)
{
    std::map<std::string, std::string> values;
    for (size_t i = 0; i < media.attributes.size(); ++i) {
        const std::string &value = media.attributes[i].value;
        const size_t end = value.find_first_of(" \t");
        if (media.attributes[i].name == name && end != std::string::npos &&
            is_printable(value))
            values.insert(std::make_pair(value.substr(0, end), trimmed(value.substr(end))));
    }
    return values;
}

/* The formats of an audio line that we can use, with their rtpmap where one is needed. A
 * dynamic payload type without rtpmap is nothing that anybody could use. */
struct Formats {
    Formats(const Media &media, const OurMedia &ours)
    {
        const std::map<std::string, std::string> given = by_format(media, "rtpmap");
        for (size_t i = 0; i < media.formats.size() && names.size() < MAX_FORMATS; ++i)
            add(media.formats[i], given, ours);
    }

    void add(const std::string &format, const std::map<std::string, std::string> &given,
             const OurMedia &ours)
    {
        unsigned long payload_type;
        if (!to_number(format, MAX_PT, payload_type) || maps.count(format))
            return;
        const bool is_dynamic = payload_type >= FIRST_DYNAMIC_PT;
        const std::map<std::string, std::string>::const_iterator place = given.find(format);
        const std::string codec = is_dynamic && place != given.end() ? to_codec(place->second)
                                  : is_dynamic                      ? ""
                                                : static_codec(payload_type);
        if (codec.empty() || (!is_event(codec) && !is_known(codec, ours)))
            return;
        names.push_back(format);
        maps[format] = is_dynamic ? place->second : "";
        has_codec |= !is_event(codec);
    }

    Words names;
    std::map<std::string, std::string> maps; /* the encodings of dynamic ones */
    bool has_codec = false;
};

/* -- what can be used ---------------------------------------------------------------- */

inline const Address *connection_of(const Media &media, const Session &session)
{
    return !media.connections.empty()     ? &media.connections[0]
           : !session.connections.empty() ? &session.connections[0]
                                          : NULL;
}

inline SdpProblem problem_of(const Address &address, const char *what, const OurMedia &ours)
{
    if (!address.family)
        return SdpProblem(WRONG_ADDRESS, std::string(what) + " " + quoted(address.name) +
                                             " is no IP address, and names are not resolved");
    if (address.is_of_many)
        return SdpProblem(WRONG_ADDRESS,
                          std::string(what) + " " + address.name + " is that of many");
    if (!ours.family || ours.family == address.family || address.is_unspecified())
        return SdpProblem();
    return SdpProblem(WRONG_ADDRESS,
                      std::string(what) + " " + address.name + " is " +
                          (address.family == AF_INET ? "IPv4, and the media of this call IPv6"
                                                     : "IPv6, and the media of this call IPv4"));
}

/* The attribute *name* of *media*; the last one counts. */
inline const Attribute *find(const char *name, const Media &media)
{
    for (size_t i = media.attributes.size(); i-- > 0;)
        if (media.attributes[i].name == name)
            return &media.attributes[i];
    return NULL;
}

/* "49171 IN IP4 192.0.2.1" or "49171" (RFC 3605). */
struct Rtcp {
    explicit Rtcp(const Media &media)
    {
        const Attribute *attribute = find("rtcp", media);
        const Words words = attribute ? split(attribute->value, " \t") : Words();
        unsigned long number;
        if (words.empty() || !to_number(words[0], 65535, number))
            return;
        port = words[0];
        if (words.size() >= 4)
            addresses.push_back(to_address(words[3]));
    }

    std::string port;
    std::vector<Address> addresses; /* one at the most */
};

inline SdpProblem problem_of(const Media &media, const Session &session, const OurMedia &ours)
{
    const Address *connection = connection_of(media, session);
    if (media.port == "0")
        return SdpProblem(WRONG_MEDIA, "it refuses the audio (port 0)");
    if (media.transport.find("RTP/") == std::string::npos)
        return SdpProblem(WRONG_TRANSPORT,
                          "its audio comes over " + quoted(media.transport) + ", not RTP");
    if (!connection)
        return SdpProblem(WRONG_ADDRESS, "it has no address (c=)");
    const SdpProblem problem = problem_of(*connection, "its address", ours);
    if (problem.exists())
        return problem;
    const Rtcp rtcp(media);
    if (!rtcp.addresses.empty() && (!rtcp.addresses[0].family || rtcp.addresses[0].is_of_many))
        return problem_of(rtcp.addresses[0], "its address of RTCP", ours);
    if (!Formats(media, ours).has_codec)
        return SdpProblem(WRONG_FORMAT, "it has no codec in common with us");
    return SdpProblem();
}

/* Why *session* cannot be used at all. */
inline SdpProblem problem_of(const Session &session, const OurMedia &ours)
{
    if (session.version.compare(0, 1, "0") != 0)
        return SdpProblem(UNREADABLE, "its version is " + quoted(session.version) + ", not 0");
    if (session.has_unreadable_media)
        return SdpProblem(UNREADABLE, "one of its media lines cannot be read");
    if (ours.is_answering && session.media.size() > MAX_MEDIA_LINES)
        return SdpProblem(WRONG_MEDIA, "it has more than " + std::to_string(MAX_MEDIA_LINES) +
                                           " media lines");
    SdpProblem problem(WRONG_MEDIA, "it has no audio");
    for (size_t i = session.media.size(); i-- > 0;) {
        if (session.media[i].kind != "audio")
            continue;
        problem = problem_of(session.media[i], session, ours);
        if (!problem.exists())
            break;
    }
    return problem;
}

/* -- writing ------------------------------------------------------------------------- */

inline std::string connection_line(const Address &address, const OurMedia &ours)
{
    if (address.is_unspecified()) /* the hold of RFC 2543, in either family */
        return ours.family == AF_INET6 ? "c=IN IP6 ::\r\n" : "c=IN IP4 0.0.0.0\r\n";
    return (address.family == AF_INET6 ? "c=IN IP6 " : "c=IN IP4 ") + address.name + "\r\n";
}

/* A media line that we shall not use: PJMEDIA answers it as refused. */
inline std::string refused(const Media &media)
{
    std::string formats;
    unsigned long number;
    for (size_t i = 0; i < media.formats.size() && i < MAX_FORMATS; ++i)
        if (is_token(media.formats[i]) &&
            (!is_digit(media.formats[i][0]) || to_number(media.formats[i], MAX_PT, number)))
            formats += " " + media.formats[i];
    return "m=" + media.kind + " 0 " + media.transport + (formats.empty() ? " 0" : formats) +
           "\r\nc=IN IP4 0.0.0.0\r\n";
}

inline std::string format_lines(const Media &media, const Formats &formats)
{
    const std::map<std::string, std::string> parameters = by_format(media, "fmtp");
    std::string lines;
    for (size_t i = 0; i < formats.names.size(); ++i) {
        const std::string &name = formats.names[i];
        const std::map<std::string, std::string>::const_iterator place = parameters.find(name);
        if (!formats.maps.at(name).empty())
            lines += "a=rtpmap:" + name + " " + formats.maps.at(name) + "\r\n";
        if (place != parameters.end())
            lines += "a=fmtp:" + name + " " + place->second + "\r\n";
    }
    return lines;
}

/* PJMEDIA counts frames of a packet in 8 bits, and a packet has to fit into an MTU. */
inline std::string time_line(const char *name, const Media &media, unsigned long longest)
{
    const unsigned long SHORTEST_MS = 10;
    const Attribute *attribute = find(name, media);
    unsigned long milliseconds;
    if (!attribute ||
        !to_number(attribute->value.substr(0, attribute->value.find('.')), longest,
                   milliseconds) ||
        milliseconds < SHORTEST_MS)
        return "";
    return "a=" + std::string(name) + ":" + std::to_string(milliseconds) + "\r\n";
}

inline std::string direction_line(const Media &media, const Session &session)
{
    const std::vector<Attribute> *lists[] = {&media.attributes, &session.attributes};
    for (size_t k = 0; k < 2; ++k)
        for (size_t i = lists[k]->size(); i-- > 0;) {
            const std::string &name = (*lists[k])[i].name;
            if (name == "sendrecv" || name == "sendonly" || name == "recvonly" ||
                name == "inactive")
                return "a=" + name + "\r\n";
        }
    return "";
}

/* An RTCP address of another family than RTP is left out: then RTP's is used. */
inline std::string rtcp_line(const Media &media, int family)
{
    const Rtcp rtcp(media);
    if (rtcp.port.empty() ||
        (!rtcp.addresses.empty() && rtcp.addresses[0].family != family))
        return "";
    if (rtcp.addresses.empty())
        return "a=rtcp:" + rtcp.port + "\r\n";
    return "a=rtcp:" + rtcp.port + (family == AF_INET6 ? " IN IP6 " : " IN IP4 ") +
           rtcp.addresses[0].name + "\r\n";
}

/* The attributes that PJMEDIA reads besides: SRTP's, and those of RTCP. */
inline std::string other_lines(const Media &media, const Session &session)
{
    static const char *const NAMES[] = {"crypto", "ssrc", "fingerprint", "setup", "rtcp-mux"};
    std::string lines;
    for (size_t k = 0; k < sizeof(NAMES) / sizeof(NAMES[0]); ++k) {
        const std::vector<Attribute> &own = media.attributes;
        std::vector<Attribute> list(session.attributes);
        if (find(NAMES[k], media))
            list = own;
        size_t count = 0;
        for (size_t i = 0; i < list.size() && count < MAX_CRYPTO; ++i)
            if (list[i].name == NAMES[k] && is_printable(list[i].value)) {
                lines += "a=" + list[i].name + (list[i].value.empty() ? "" : ":") +
                         list[i].value + "\r\n";
                ++count;
            }
    }
    return lines;
}

inline std::string used(const Media &media, const Session &session, const OurMedia &ours)
{
    const unsigned long LONGEST_PACKET_MS = 100, LONGEST_MS = 1000;
    const Address &connection = *connection_of(media, session);
    const Formats formats(media, ours);
    std::string line = "m=audio " + media.port + " " + media.transport;
    for (size_t i = 0; i < formats.names.size(); ++i)
        line += " " + formats.names[i];
    return line + "\r\n" + connection_line(connection, ours) + format_lines(media, formats) +
           time_line("ptime", media, LONGEST_PACKET_MS) +
           time_line("maxptime", media, LONGEST_MS) + direction_line(media, session) +
           rtcp_line(media, connection.family) + other_lines(media, session);
}

} // namespace sdp

/* Read what a far end has sent as its description. Nothing is ever thrown or looked up. */
inline ReadDescription read_description(const std::string &text, const OurMedia &ours)
{
    using namespace sdp;
    const Session session = read(text);
    ReadDescription description;
    description.problem = problem_of(session, ours);
    if (description.problem.exists())
        return description;
    /* Nobody reads the origin, the name and the times of a far end's session. */
    description.text = "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";
    for (size_t i = 0; i < session.media.size() && i < MAX_MEDIA_LINES; ++i) {
        const Media &media = session.media[i];
        const bool can_be_used =
            media.kind == "audio" && !problem_of(media, session, ours).exists();
        description.text += can_be_used ? used(media, session, ours) : refused(media);
    }
    return description;
}

} // namespace outring

#endif
