/* Messages with header fields that PJSIP's parser refuses, and what is made of them.
 *
 * PJSIP drops a whole message for one header field that it cannot parse. A user agent shall
 * rather go on without what it does not need: repair() takes such fields out, and picks the
 * Digest challenges out of the others (RFC 3261 §22.2), if what is left still says the same:
 *   - REPAIRED  the message may be processed without these fields;
 *   - REFUSED   a request that would mean something else without them: 400 (§21.4.1);
 *   - DROPPED   nothing can be made of it, not even a response.
 * No state, no input or output: text in, text out. Each byte of it is hostile.
 */
#ifndef OUTRING_MALFORMED_HPP
#define OUTRING_MALFORMED_HPP

#include <Python.h>
#include <pjsip.h>
#include <pjsua-lib/pjsua.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

namespace outring {

enum Outcome { REPAIRED = 0, REFUSED = 1, DROPPED = 2 };

const unsigned MAX_PASSES = 8;    /* parser runs over one message: each takes fields out */
const size_t MAX_FAULTS = 64;     /* of one message: what has more of them is no message */
const size_t MAX_FAULTS_TOLD = 4; /* of one message, in words */
const size_t MAX_NAME_TOLD = 40;  /* bytes of a name that the far end has chosen */

/* One header field with its folded continuation lines and its newline. */
struct Field {
    std::string text;
    unsigned line;          /* of the message, the start line being 1 */
    bool is_rewritten;      /* to its Digest challenges */
};

/* A message taken apart as PJSIP's parser does it. */
struct Layout {
    std::string start_line;
    std::vector<Field> fields;
    std::string rest; /* the empty line and the body */
};

/* What PJSIP's parser says about one field. */
struct Fault {
    size_t field; /* index; as many as there are: the start line, or nobody knows */
    unsigned line, column;
};

struct Repair {
    Outcome outcome = REPAIRED;
    std::string text; /* what may be processed; shorter than the message, unless DROPPED */
    std::string note; /* what was left out and where, in words; never a value */
    unsigned faults = 0; /* fields that cannot be parsed: skipped schemes are none */
    unsigned line = 0, column = 0; /* of the first fault */
};

/* -- taking apart -------------------------------------------------------------- */

inline bool is_newline(char byte)
{
    return byte == '\r' || byte == '\n';
}

inline bool is_space(char byte)
{
    return byte == ' ' || byte == '\t';
}

inline bool is_token(char byte)
{
    return pj_cis_match(&pjsip_parser_const()->pjsip_TOKEN_SPEC,
                        static_cast<unsigned char>(byte));
}

/* Where the line after *place* begins: PJSIP takes CR, LF and CRLF for a newline. */
inline size_t next_line(const std::string &text, size_t place)
{
    place = text.find_first_of("\r\n", place);
    if (place == std::string::npos)
        return text.size();
    bool is_crlf = text.compare(place, 2, "\r\n") == 0;
    return place + (is_crlf ? 2 : 1);
}

inline Layout take_apart(const std::string &message)
{
    Layout layout;
    size_t place = next_line(message, 0);
    layout.start_line = message.substr(0, place);
    unsigned line = 2;
    while (place < message.size() && !is_newline(message[place])) {
        size_t begin = place;
        unsigned first = line;
        do {
            place = next_line(message, place);
            ++line;
        } while (place < message.size() && is_space(message[place]));
        layout.fields.push_back(Field{message.substr(begin, place - begin), first, false});
    }
    layout.rest = message.substr(place);
    return layout;
}

inline std::string put_together(const Layout &layout)
{
    std::string text = layout.start_line;
    for (const Field &field : layout.fields)
        text += field.text;
    return text + layout.rest;
}

/* The name of *field* as it is written; empty if there is none, or no colon behind it. */
inline std::string name_of(const Field &field)
{
    const std::string &text = field.text;
    size_t end = 0;
    while (end < text.size() && is_token(text[end]))
        ++end;
    size_t colon = end;
    while (colon < text.size() && is_space(text[colon]))
        ++colon;
    bool is_name = colon < text.size() && text[colon] == ':';
    return is_name ? text.substr(0, end) : std::string();
}

inline bool is_equal(const std::string &text, const char *other)
{
    return pj_ansi_stricmp(text.c_str(), other) == 0;
}

/* Whether *name* is that of a header, whose compact form is *compact* (RFC 3261 §7.3.3). */
inline bool is_name(const std::string &name, const char *full, const char *compact = NULL)
{
    return is_equal(name, full) || (compact && is_equal(name, compact));
}

/* What stands behind the colon of *field*, without white space around it. */
inline std::string value_of(const Field &field)
{
    size_t begin = field.text.find(':');
    begin = field.text.find_first_not_of(" \t\r\n", begin == std::string::npos ? 0 : begin + 1);
    size_t end = field.text.find_last_not_of(" \t\r\n");
    return begin == std::string::npos || end < begin
               ? std::string()
               : field.text.substr(begin, end - begin + 1);
}

/* The value of the first field of this name, empty without any. */
inline std::string value_of(const Layout &layout, const char *full, const char *compact)
{
    for (const Field &field : layout.fields)
        if (is_name(name_of(field), full, compact))
            return value_of(field);
    return std::string();
}

inline bool is_response(const Layout &layout)
{
    return layout.start_line.size() > 3 &&
           pj_ansi_strnicmp(layout.start_line.c_str(), "SIP", 3) == 0 &&
           (layout.start_line[3] == '/' || is_space(layout.start_line[3]));
}

/* The method of a request. */
inline std::string method_of(const Layout &layout)
{
    return layout.start_line.substr(0, layout.start_line.find_first_of(" \t\r\n"));
}

inline bool has_body(const Layout &layout)
{
    return layout.rest.find_first_not_of("\r\n") != std::string::npos;
}

/* -- challenges ---------------------------------------------------------------- */

/* The parts of *value* between commas that stand in no quoted string. */
inline std::vector<std::string> split_at_commas(const std::string &value)
{
    std::vector<std::string> parts(1);
    bool is_quoted = false;
    for (size_t i = 0; i < value.size(); ++i) {
        if (value[i] == ',' && !is_quoted) {
            parts.push_back(std::string());
            continue;
        }
        parts.back() += value[i];
        if (value[i] == '\\' && is_quoted && i + 1 < value.size())
            parts.back() += value[++i];
        else if (value[i] == '"')
            is_quoted = !is_quoted;
    }
    return parts;
}

/* The scheme that *part* of a list of challenges begins with; empty if it is another
 * parameter of the challenge before it (RFC 7235 §4.1). */
inline std::string scheme_of(const std::string &part)
{
    size_t begin = part.find_first_not_of(" \t\r\n");
    if (begin == std::string::npos)
        return std::string();
    size_t end = begin;
    while (end < part.size() && is_token(part[end]))
        ++end;
    size_t next = part.find_first_not_of(" \t\r\n", end);
    bool is_parameter = next != std::string::npos && (part[next] == '=' || next == end);
    return is_parameter ? std::string() : part.substr(begin, end - begin);
}

struct Challenges {
    std::vector<std::string> digests; /* each with its scheme */
    std::vector<std::string> schemes; /* of the others */
};

inline Challenges read_challenges(const std::string &value)
{
    Challenges challenges;
    bool is_digest = false;
    for (const std::string &part : split_at_commas(value)) {
        std::string scheme = scheme_of(part);
        if (!scheme.empty()) {
            is_digest = is_equal(scheme, "Digest");
            (is_digest ? challenges.digests : challenges.schemes)
                .push_back(is_digest ? part.substr(part.find_first_not_of(" \t\r\n")) : scheme);
        } else if (is_digest && part.find_first_not_of(" \t\r\n") != std::string::npos) {
            challenges.digests.back() += "," + part;
        }
    }
    return challenges;
}

inline bool is_challenge(const std::string &name)
{
    return is_name(name, "WWW-Authenticate") || is_name(name, "Proxy-Authenticate");
}

/* -- the parser ---------------------------------------------------------------- */

/* The field of *layout* that holds the byte at *place* of the whole. */
inline size_t field_at(const Layout &layout, size_t place)
{
    size_t end = layout.start_line.size();
    size_t none = layout.fields.size();
    for (size_t i = 0; i < none && place >= end; ++i) {
        end += layout.fields[i].text.size();
        if (place < end)
            return i;
    }
    return none;
}

inline unsigned lines_of(const std::string &text)
{
    return static_cast<unsigned>(std::count(text.begin(), text.end(), '\n'));
}

/* The place behind the last byte of *field*. */
inline Fault end_of(const Field &field, size_t index)
{
    size_t last = field.text.find_last_not_of("\r\n");
    size_t newline = field.text.rfind('\n', last);
    size_t begin = newline == std::string::npos ? 0 : newline + 1;
    unsigned line = field.line + std::max(1u, lines_of(field.text)) - 1;
    return Fault{index, line, static_cast<unsigned>(last - begin + 2)};
}

/* Where in *field* the parser stopped, whose line in what it was given is *line*, after
 * *before* lines of other fields. Where it looked for a continuation line in vain it has
 * left the field already, and knows no column: then it is the end of the field. */
inline Fault place_of(const Field &field, size_t index, unsigned before, unsigned line,
                      unsigned column)
{
    bool is_in_field = line > before && line <= before + std::max(1u, lines_of(field.text));
    if (!is_in_field || column == 0 || column > field.text.size())
        return end_of(field, index);
    return Fault{index, field.line + (line - before - 1), column};
}

/* Which field of *layout*, put together as *text*, the parser's *error* is about. */
inline Fault locate(const Layout &layout, const std::string &text,
                    const pjsip_parser_err_report &error)
{
    const char *name = error.hname.ptr;
    bool is_in_text = name >= text.data() && name < text.data() + text.size();
    size_t index = is_in_text ? field_at(layout, name - text.data()) : layout.fields.size();
    if (index == layout.fields.size())
        return Fault{index, static_cast<unsigned>(error.line),
                     static_cast<unsigned>(error.col)};
    unsigned before = 1; /* the start line */
    for (size_t i = 0; i < index; ++i)
        before += lines_of(layout.fields[i].text);
    return place_of(layout.fields[index], index, before, error.line, error.col);
}

/* What PJSIP's own parser finds wrong in *layout*; a field may come more than once. */
inline std::vector<Fault> find_faults(const Layout &layout)
{
    std::string text = put_together(layout);
    pjsip_parser_err_report errors;
    pj_list_init(&errors);
    pj_pool_t *pool = pjsua_pool_create("malformed", 4000, 4000);
    bool is_parsed = pjsip_parse_msg(pool, &text[0], text.size(), &errors) != NULL;
    std::vector<Fault> faults;
    bool is_unnamed = false; /* the parser could not even read a name */
    for (pjsip_parser_err_report *error = errors.next; error != &errors; error = error->next) {
        if (error->hname.slen == 0)
            is_unnamed = true;
        else if (faults.size() <= MAX_FAULTS)
            faults.push_back(locate(layout, text, *error));
    }
    pj_pool_release(pool);
    for (size_t i = 0; is_unnamed && i < layout.fields.size(); ++i)
        if (!is_token(layout.fields[i].text[0]))
            faults.push_back(Fault{i, layout.fields[i].line, 1});
    if (faults.size() > MAX_FAULTS || (faults.empty() && (is_unnamed || !is_parsed)))
        faults.assign(1, Fault{layout.fields.size(), 1, 1});
    return faults;
}

/* -- mending ------------------------------------------------------------------- */

/* What becomes of a message whose header field *name* cannot be parsed.
 *
 * A response belongs to its transaction by Via and CSeq, to its dialog by the other three
 * (RFC 3261 §17.1.3, §12): without one of them it is nobody's. A length that cannot be read
 * leaves a stream without message boundaries; a datagram ends by itself (§18.3), and there
 * only a request is refused (RFC 4475 §3.1.2.2). A request is refused as well where it
 * requires what we cannot read, or sends a body of unknown kind; but what ends a call, or
 * acknowledges, does so whatever else stands in it. All other fields we can do without. */
inline Outcome outcome_without(const std::string &name, const Layout &layout,
                               bool is_datagram)
{
    if (is_name(name, "Via", "v") || is_name(name, "From", "f") || is_name(name, "To", "t") ||
        is_name(name, "Call-ID", "i") || is_name(name, "CSeq"))
        return DROPPED;
    bool is_request = !is_response(layout);
    if (is_name(name, "Content-Length", "l"))
        return !is_datagram ? DROPPED : is_request ? REFUSED : REPAIRED;
    std::string method = method_of(layout);
    if (!is_request || method == "BYE" || method == "ACK" || method == "CANCEL")
        return REPAIRED;
    bool is_of_body = is_name(name, "Content-Type", "c") && has_body(layout);
    return is_of_body || is_name(name, "Require") ? REFUSED : REPAIRED;
}

/* Nothing of it may break a line of a ladder, and it is short: the far end has chosen it. */
inline std::string quoted_name(const std::string &name)
{
    std::string text;
    for (char byte : name.substr(0, MAX_NAME_TOLD))
        text += byte > 0x20 && byte < 0x7f ? byte : ' ';
    return text;
}

inline std::string in_words(const std::string &name, const Fault &fault,
                            const std::string &what)
{
    return (name.empty() ? std::string() : "header " + quoted_name(name) + ", ") + "line " +
           std::to_string(fault.line) + " column " + std::to_string(fault.column) + ", " + what;
}

inline std::string skipped_in_words(const std::vector<std::string> &schemes)
{
    std::string text = "skipped";
    for (size_t i = 0; i < schemes.size() && i < MAX_FAULTS_TOLD; ++i)
        text += (i ? ", " : " ") + quoted_name(schemes[i]);
    return text;
}

/* A message while it is being mended. */
struct Mending {
    Layout layout;
    Repair repair;
    std::vector<std::string> words;
};

inline void add_fault(Mending &mending, const Fault &fault, const std::string &name,
                      const std::string &what, Outcome outcome)
{
    Repair &repair = mending.repair;
    if (repair.faults++ == 0) {
        repair.line = fault.line;
        repair.column = fault.column;
    }
    repair.outcome = std::max(repair.outcome, outcome);
    mending.words.push_back(in_words(name, fault, what));
}

/* One field for each Digest challenge in place of a list that the parser cannot read,
 * without the challenges of other schemes, which are to be ignored (RFC 3261 §22.2).
 * False if that does not help: then *field* is as it was. */
inline bool pick_digests(Mending &mending, Field &field, const Fault &fault,
                         const std::string &name)
{
    Challenges challenges = read_challenges(value_of(field));
    bool is_list = challenges.schemes.size() + challenges.digests.size() > 1;
    if (field.is_rewritten || !(is_list || challenges.digests.empty()) ||
        challenges.digests.size() + challenges.schemes.size() == 0)
        return false;
    field.text.clear();
    for (const std::string &digest : challenges.digests)
        field.text += name + ":" + digest.substr(0, digest.find_last_not_of(" \t\r\n") + 1) +
                      "\r\n";
    field.is_rewritten = true;
    if (!challenges.schemes.empty())
        mending.words.push_back(in_words(name, fault, skipped_in_words(challenges.schemes)));
    return true;
}

/* Take the field of *fault* out of the message, or what cannot be read of it. */
inline void mend_field(Mending &mending, const Fault &fault, bool is_datagram)
{
    if (fault.field == mending.layout.fields.size()) {
        add_fault(mending, fault, "", "not understood", DROPPED);
        return;
    }
    Field &field = mending.layout.fields[fault.field];
    if (field.text.empty()) /* it had more than one fault */
        return;
    std::string name = name_of(field);
    if (is_challenge(name) && pick_digests(mending, field, fault, name))
        return;
    add_fault(mending, fault, name, name.empty() ? "no header" : "not understood",
              outcome_without(name, mending.layout, is_datagram));
    field.text.clear();
}

/* Whether a response may do without this field where room is needed. */
inline bool is_decoration(const std::string &name)
{
    static const char *const names[] = {"Server", "User-Agent", "Allow", "Supported",
                                        "Accept", "Date", "Organization"};
    return std::any_of(std::begin(names), std::end(names),
                       [&name](const char *other) { return is_name(name, other); });
}

/* A list of Digest challenges takes more room as single fields. The message has to become
 * shorter (see reception.hpp): the far end's decorations go, then its last challenges. */
inline void make_room(Layout &layout, size_t limit)
{
    size_t size = put_together(layout).size();
    for (Field &field : layout.fields) {
        if (size < limit)
            return;
        if (is_decoration(name_of(field))) {
            size -= field.text.size();
            field.text.clear();
        }
    }
    for (Field &field : layout.fields) {
        while (field.is_rewritten && size >= limit && !field.text.empty()) {
            size_t newline = field.text.rfind("\r\n", field.text.size() - 3);
            size_t end = newline == std::string::npos ? 0 : newline + 2;
            size -= field.text.size() - end;
            field.text.resize(end);
        }
    }
}

inline std::string joined(const std::vector<std::string> &words)
{
    std::string text;
    for (size_t i = 0; i < words.size() && i < MAX_FAULTS_TOLD; ++i)
        text += (i ? "; " : "") + words[i];
    if (words.size() > MAX_FAULTS_TOLD)
        text += "; and " + std::to_string(words.size() - MAX_FAULTS_TOLD) + " more";
    return text;
}

/* What can be made of *message*, which came whole. One that has no faults comes back as it
 * is. PJSIP must have been started; any thread that it knows may ask. */
inline Repair repair(const std::string &message, bool is_datagram)
{
    Mending mending = {take_apart(message), Repair{REPAIRED, "", "", 0, 0, 0}, {}};
    Repair &repair = mending.repair;
    std::vector<Fault> faults = find_faults(mending.layout);
    for (unsigned pass = 0; !faults.empty() && repair.outcome != DROPPED; ++pass) {
        if (pass == MAX_PASSES)
            repair.outcome = DROPPED;
        for (const Fault &fault : faults)
            mend_field(mending, fault, is_datagram);
        make_room(mending.layout, message.size());
        std::vector<Field> &fields = mending.layout.fields;
        fields.erase(std::remove_if(fields.begin(), fields.end(),
                                    [](const Field &field) { return field.text.empty(); }),
                     fields.end());
        faults = find_faults(mending.layout);
    }
    repair.text = put_together(mending.layout);
    repair.note = joined(mending.words);
    return repair;
}

} // namespace outring

/* What repair() makes of *message*, bytes: (outcome, text, note). Runs with the interpreter
 * locked. */
inline PyObject *outring_repair(PyObject *message, bool is_datagram)
{
    char *bytes;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(message, &bytes, &size) < 0)
        return NULL;
    outring::Repair repair = outring::repair(std::string(bytes, size), is_datagram);
    PyObject *text = PyBytes_FromStringAndSize(repair.text.data(), repair.text.size());
    return text ? Py_BuildValue("(iNs)", static_cast<int>(repair.outcome), text,
                                repair.note.c_str())
                : NULL;
}

#endif
