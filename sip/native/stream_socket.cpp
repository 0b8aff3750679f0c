/* The WebSockets of audio streams, on one thread for all of them, by Boost.Beast.
 *
 * A StreamSocket keeps one stream connected. What it does, in order: connect to one of the
 * addresses, TLS, the request for a WebSocket; then messages both ways, until the stream ends or the
 * connection does. A lost one is opened anew, RETRIES times within RETRY_WINDOW, and in all as often
 * as the settings say; then it is over. Whoever closes the WebSocket says that it is over, unless the code says otherwise.
 * Every wait has a limit: opening it, closing it, a server that does not read, one that says
 * nothing and answers no ping. A server that sends too many messages is read slower.
 */
#include "audio_stream.hpp"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/version.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include <openssl/rand.h>

#include <chrono>
#include <map>
#include <set>
#include <thread>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace ssl = asio::ssl;
namespace websocket = beast::websocket;
using boost::system::error_code;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace outring {
namespace {

const seconds OPENING_LIMIT(5);  /* each of connection, TLS, and the answer to the request */
const milliseconds CLOSING_LIMIT(500);
const unsigned RETRIES = 3;
const milliseconds RETRY_DELAYS[RETRIES] = {milliseconds(0), milliseconds(500), milliseconds(1000)};
const seconds RETRY_WINDOW(3);
const size_t MAX_MESSAGE = 1 << 20; /* bytes */
const unsigned MAX_MESSAGES_PER_S = 1000;
const unsigned MAX_CONTROLS_PER_S = 1000; /* pings and pongs */
const std::string LOST = "The WebSocket is lost: ";
const std::string BROKEN = "The server has broken the protocol of WebSockets";
const size_t READ_LIMIT = 2 << 20;  /* bytes a second */
const int SEND_BUFFER = 32 << 10; /* bytes: what waits in the system is late already */

typedef steady_clock::time_point Time;

/* What comes faster than READ_LIMIT is left in the system's buffers, whatever it is. */
typedef beast::basic_stream<asio::ip::tcp, asio::any_io_executor, beast::simple_rate_policy> TcpStream;

/* Why a connection is of no use any more. */
struct Failure {
    enum Kind { LOST, CLOSED, REFUSED, INVALID };

    Kind kind = LOST;
    std::string reason;
};

/* -- one connection ------------------------------------------------------------------ */

class Connection;

/* Hears what becomes of its connection. */
class ConnectionOwner {
public:
    virtual ~ConnectionOwner() {}
    virtual void on_open() = 0;
    virtual void on_failure(const Failure &failure) = 0;
    virtual void on_closed() = 0;
};

/* A WebSocket that is being opened, or open; on_failure() at most once, nothing behind it. */
class Connection {
public:
    virtual ~Connection() {}
    virtual void open(const asio::ip::tcp::endpoint &target) = 0;
    virtual void flush() = 0;           /* send what waits, read if there is room */
    virtual void sweep(Time now) = 0;   /* once a second */
    virtual void drop() = 0;            /* at once, without a word */
};

/* What has come within a second. */
struct SecondCount {
    Time since;
    unsigned count = 0;

    void turn(Time now)
    {
        if (now - since < seconds(1))
            return;
        since = now;
        count = 0;
    }
};

std::string describe(const error_code &error)
{
    return error.message() + ".";
}

/* Whether the server may be there again soon, though it has closed the WebSocket. */
bool is_interruption(uint16_t code)
{
    return code == 1001 || code == 1006 || (code >= 1011 && code <= 1014);
}

Failure read_close(const websocket::close_reason &close)
{
    if (close.code == websocket::close_code::none || close.code == websocket::close_code::normal)
        return Failure{Failure::CLOSED, ""};
    std::string words(close.reason.data(), close.reason.size());
    std::string reason = "The server has closed the WebSocket with " + std::to_string(close.code) +
                         (words.empty() ? "." : ": " + words + ".");
    return Failure{is_interruption(close.code) ? Failure::LOST : Failure::CLOSED, reason};
}

template <class Socket> struct Transport; /* how each kind of socket becomes ready */

template <> struct Transport<TcpStream> {
    template <class Done>
    static void shake(websocket::stream<TcpStream> &, const StreamSettings &, Done done)
    {
        done(error_code());
    }
};

typedef beast::ssl_stream<TcpStream> TlsStream;

bool is_numeric(const std::string &host)
{
    error_code error;
    asio::ip::make_address(host, error);
    return !error;
}

template <> struct Transport<TlsStream> {
    template <class Done>
    static void shake(websocket::stream<TlsStream> &socket, const StreamSettings &settings, Done done)
    {
        TlsStream &tls = socket.next_layer();
        if (!is_numeric(settings.host))
            SSL_set_tlsext_host_name(tls.native_handle(), settings.host.c_str());
        tls.set_verify_mode(ssl::verify_peer);
        tls.set_verify_callback(ssl::host_name_verification(settings.host));
        beast::get_lowest_layer(socket).expires_after(OPENING_LIMIT);
        tls.async_handshake(ssl::stream_base::client, [&tls, done](error_code error) {
            done(error, X509_verify_cert_error_string(SSL_get_verify_result(tls.native_handle())));
        });
    }
};

template <class Socket>
class SocketConnection : public Connection,
                         public std::enable_shared_from_this<SocketConnection<Socket> > {
public:
    template <class... Arguments>
    SocketConnection(std::shared_ptr<ConnectionOwner> owner, std::shared_ptr<AudioStream> stream,
                     asio::io_context &context, Arguments &... arguments)
    : owner(std::move(owner)), stream(std::move(stream)), socket(context, arguments...), timer(context)
    {}

    void open(const asio::ip::tcp::endpoint &target) override
    {
        auto self = this->shared_from_this();
        lowest().rate_policy().read_limit(READ_LIMIT);
        lowest().expires_after(OPENING_LIMIT);
        lowest().async_connect(target, [self](error_code error) { self->on_connected(error); });
    }

    void flush() override
    {
        if (!is_open || is_over)
            return;
        end_if_broken();
        write_next();
        read_next();
    }

    void sweep(Time now) override
    {
        if (!is_open || is_over)
            return;
        end_if_broken();
        const milliseconds silent_limit(stream->settings.silent_limit_ms);
        if (is_writing && now - write_began > milliseconds(stream->settings.unread_limit_ms))
            fail(Failure::LOST, "The server does not read what it is sent.");
        else if (is_reading && now - heard_at > silent_limit)
            fail(Failure::LOST, "The server has sent nothing, and answered no ping.");
        else if (is_reading && now - heard_at > silent_limit / 2 && !is_pinging)
            ping();
        else
            read_next(); /* it was slowed down */
    }

    void drop() override
    {
        is_over = true;
        timer.cancel();
        error_code ignored;
        lowest().socket().close(ignored);
    }

private:
    /* -- opening ------------------------------------------------------------------------ */

    void on_connected(error_code error)
    {
        if (fails(error, Failure::LOST, "The server cannot be reached: "))
            return;
        error_code ignored;
        lowest().socket().set_option(asio::ip::tcp::no_delay(true), ignored);
        lowest().socket().set_option(asio::socket_base::send_buffer_size(SEND_BUFFER), ignored);
        auto self = this->shared_from_this();
        Transport<Socket>::shake(socket, stream->settings, [self](error_code error, const char *why = "") {
            self->on_secured(error, why);
        });
    }

    void on_secured(error_code error, const std::string &why)
    {
        if (is_over)
            return;
        if (error && why != "ok" && error != beast::error::timeout) {
            fail(Failure::REFUSED, "The certificate of the server is refused: " + why + ".");
            return;
        }
        if (fails(error, Failure::LOST, "TLS with the server has failed: "))
            return;
        const StreamSettings &settings = stream->settings;
        lowest().expires_never();
        websocket::stream_base::timeout limits;
        limits.handshake_timeout = OPENING_LIMIT;
        limits.idle_timeout = websocket::stream_base::none();
        limits.keep_alive_pings = false;
        socket.set_option(limits);
        socket.read_message_max(MAX_MESSAGE);
        socket.control_callback(
            [this](websocket::frame_type kind, beast::string_view) { on_control(kind); });
        socket.set_option(websocket::stream_base::decorator([&settings](websocket::request_type &request) {
            request.set(http::field::user_agent, "outring");
            if (settings.is_binary)
                request.set(http::field::sec_websocket_protocol, STREAM_SUBPROTOCOL);
            for (const auto &header : settings.headers)
                request.insert(header.first, header.second);
        }));
        const unsigned usual = settings.is_tls ? 443 : 80;
        std::string host = settings.host.find(':') == std::string::npos ? settings.host
                                                                        : "[" + settings.host + "]";
        if (settings.port != usual)
            host += ":" + std::to_string(settings.port);
        auto self = this->shared_from_this();
        socket.async_handshake(answer, host, settings.path,
                               [self](error_code error) { self->on_shaken(error); });
    }

    void on_shaken(error_code error)
    {
        if (is_over)
            return;
        if (error == websocket::error::upgrade_declined) {
            bool is_final = answer.result_int() < 500;
            fail(is_final ? Failure::REFUSED : Failure::LOST,
                 "The server has answered " + std::to_string(answer.result_int()) +
                     " to the request for a WebSocket.");
            return;
        }
        if (fails(error, Failure::LOST, "The WebSocket cannot be opened: "))
            return;
        if (stream->settings.is_binary &&
            answer[http::field::sec_websocket_protocol] != STREAM_SUBPROTOCOL) {
            fail(Failure::REFUSED, "The server does not take the subprotocol outring.l16.v1.");
            return;
        }
        is_open = true;
        hear();
        owner->on_open();
        write(StreamWriter::connected(), false);
        read_next();
    }

    /* -- to the server --------------------------------------------------------------------- */

    void write_next()
    {
        std::string message;
        bool is_sound, is_last;
        if (is_writing || is_closing || !stream->next_message(message, is_sound, is_last))
            return;
        is_closing = is_last;
        if (message.empty())
            close();
        else
            write(std::move(message), is_sound);
    }

    void write(std::string &&message, bool is_binary)
    {
        outgoing.swap(message);
        is_writing = true;
        write_began = steady_clock::now();
        socket.binary(is_binary);
        auto self = this->shared_from_this();
        socket.async_write(asio::buffer(outgoing), [self](error_code error, size_t) {
            self->on_written(error);
        });
    }

    void on_written(const error_code &error)
    {
        if (is_over)
            return;
        if (error) { /* is_writing stays: nothing more is written */
            fail_soon(Failure{Failure::LOST, LOST + describe(error)});
            return;
        }
        is_writing = false;
        if (is_closing)
            close();
        else
            write_next();
    }

    void close()
    {
        auto self = this->shared_from_this();
        timer.expires_after(CLOSING_LIMIT);
        timer.async_wait([self](error_code error) {
            if (!error)
                self->finish();
        });
        socket.async_close(websocket::close_code::normal, [self](error_code) { self->finish(); });
    }

    /* The server has closed the WebSocket; now it should close the connection. */
    void on_close_received()
    {
        is_closed_by_server = true;
        fail_soon(Failure());
    }

    /* Beast tells of a violation only once the server has ended the connection, too, and till
     * then lets nothing be written. */
    void end_if_broken()
    {
        if (!is_reading || socket.is_open() || is_closing || is_ending)
            return;
        fail_soon(Failure{Failure::INVALID, BROKEN + "."});
        error_code ignored;
        lowest().socket().shutdown(asio::socket_base::shutdown_receive, ignored);
    }

    /* What is left to be read may say why: *failure* unless it does. */
    void fail_soon(const Failure &failure)
    {
        ending = failure;
        is_ending = true;
        auto self = this->shared_from_this();
        timer.expires_after(CLOSING_LIMIT);
        timer.async_wait([self](error_code error) {
            if (!error && !self->is_over)
                self->fail(self->ending.kind, self->ending.reason);
        });
    }

    void finish()
    {
        if (is_over)
            return;
        drop();
        owner->on_closed();
    }

    void ping()
    {
        is_pinging = true;
        auto self = this->shared_from_this();
        socket.async_ping(websocket::ping_data(), [self](error_code) { self->is_pinging = false; });
    }

    /* -- from the server ----------------------------------------------------------------------- */

    void read_next()
    {
        if (is_reading || is_over || !is_open || is_closing || !may_read() || !stream->has_room())
            return;
        is_reading = true;
        if (!was_reading)
            hear();
        was_reading = true;
        auto self = this->shared_from_this();
        socket.async_read(incoming, [self](error_code error, size_t) { self->on_read(error); });
    }

    /* Whether this second's messages are not used up. */
    bool may_read()
    {
        messages.turn(steady_clock::now());
        was_reading = was_reading && messages.count < MAX_MESSAGES_PER_S;
        return messages.count < MAX_MESSAGES_PER_S;
    }

    /* A frame that is no message; from within a read, which nothing slows down. */
    void on_control(websocket::frame_type kind)
    {
        hear();
        controls.turn(heard_at);
        if (kind == websocket::frame_type::close)
            on_close_received();
        else if (++controls.count == MAX_CONTROLS_PER_S)
            fail_behind_read("The server has sent 1000 pings and pongs within a second.");
    }

    void fail_behind_read(const char *reason)
    {
        auto self = this->shared_from_this();
        asio::post(socket.get_executor(), [self, reason] {
            if (!self->is_over)
                self->fail(Failure::INVALID, reason);
        });
    }

    void on_read(error_code error)
    {
        is_reading = false;
        if (is_over)
            return;
        if (is_closing) {
            if (error)
                finish();
            return;
        }
        if (error == websocket::error::message_too_big) {
            fail(Failure::INVALID, "A message of the server has more than 1048576 bytes.");
            return;
        }
        if (is_violation(error)) {
            fail(Failure::INVALID, BROKEN + ": " + describe(error));
            return;
        }
        if (error && is_ending) {
            fail(ending.kind, ending.reason);
            return;
        }
        if (fails(error, Failure::LOST, LOST))
            return;
        hear();
        ++messages.count;
        take_message();
    }

    static bool is_violation(const error_code &error)
    {
        return error && error.category() == websocket::make_error_code(websocket::error::closed).category() &&
               error != websocket::error::closed;
    }

    void take_message()
    {
        const auto data = incoming.cdata();
        Received received = stream->on_message(static_cast<const char *>(data.data()), data.size(),
                                               socket.got_binary());
        incoming.consume(incoming.size());
        if (incoming.capacity() > 4 * USUAL_MESSAGE)
            incoming.shrink_to_fit();
        if (received == Received::BROKEN) {
            fail(Failure::INVALID, "The server has sent too much that cannot be used.");
            return;
        }
        was_reading = received == Received::FINE;
        read_next();
    }

    /* -- small things --------------------------------------------------------------------------- */

    void hear()
    {
        heard_at = steady_clock::now();
    }

    TcpStream &lowest()
    {
        return beast::get_lowest_layer(socket);
    }

    /* Whether it is over, now or before. */
    bool fails(const error_code &error, Failure::Kind kind, const std::string &what)
    {
        if (error && !is_over)
            fail(kind, what + describe(error));
        return is_over;
    }

    void fail(Failure::Kind kind, const std::string &reason)
    {
        auto self = this->shared_from_this();
        const Failure failure = is_closed_by_server ? read_close(socket.reason())
                                                    : Failure{kind, reason};
        drop();
        owner->on_failure(failure);
    }

    static const size_t USUAL_MESSAGE = 4096; /* bytes */

    const std::shared_ptr<ConnectionOwner> owner;
    const std::shared_ptr<AudioStream> stream;
    websocket::stream<Socket> socket;
    asio::steady_timer timer;
    websocket::response_type answer;
    beast::flat_buffer incoming;
    std::string outgoing; /* as long as is_writing */
    bool is_open = false;
    bool is_reading = false;
    bool was_reading = false; /* without a pause since the last message */
    bool is_writing = false;
    bool is_pinging = false;
    bool is_closing = false;
    bool is_closed_by_server = false;
    bool is_ending = false; /* with *ending*, at the latest when the timer says so */
    bool is_over = false;
    Failure ending;
    Time heard_at, write_began;
    SecondCount messages, controls; /* of the server */
};

/* -- one stream ------------------------------------------------------------------------------- */

std::string make_stream_sid()
{
    unsigned char bytes[16];
    if (RAND_bytes(bytes, sizeof(bytes)) != 1)
        throw std::runtime_error("no random numbers");
    static const char DIGITS[] = "0123456789abcdef";
    std::string sid = "MZ";
    for (unsigned char byte : bytes) {
        sid += DIGITS[byte >> 4];
        sid += DIGITS[byte & 15];
    }
    return sid;
}

class StreamSocket;

/* The thread, and all that belongs to it. */
class StreamThread {
public:
    void open(const std::shared_ptr<AudioStream> &stream);

    void stop()
    {
        if (!thread.joinable())
            return;
        asio::post(context, [this] { close_all(); });
        thread.join();
        thread = std::thread();
    }

    /* Have *socket* look for work; any thread. */
    void notify(const std::weak_ptr<StreamSocket> &socket)
    {
        std::lock_guard<std::mutex> guard(mutex);
        notified.push_back(socket);
        if (notified.size() == 1)
            asio::post(context, [this] { serve_notified(); });
    }

    void forget(const std::shared_ptr<StreamSocket> &socket);

    /* The certificates that servers are held to, by the path of their file; throws
     * boost::system::system_error. */
    ssl::context &tls_of(const std::string &ca)
    {
        std::unique_ptr<ssl::context> &found = contexts[ca];
        if (!found) {
            std::unique_ptr<ssl::context> made(new ssl::context(ssl::context::tls_client));
            made->set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
            if (ca.empty())
                made->set_default_verify_paths();
            else
                made->load_verify_file(ca);
            found = std::move(made);
        }
        return *found;
    }

    asio::io_context context{1};

private:
    void run();
    void sweep();
    void serve_notified();
    void close_all();

    std::thread thread;
    std::mutex mutex;
    std::vector<std::weak_ptr<StreamSocket> > notified;
    std::set<std::shared_ptr<StreamSocket> > sockets;
    std::map<std::string, std::unique_ptr<ssl::context> > contexts;
    asio::steady_timer timer{context};
};

StreamThread &stream_thread()
{
    static StreamThread &instance = *new StreamThread;
    return instance;
}

class StreamSocket : public ConnectionOwner, public std::enable_shared_from_this<StreamSocket> {
public:
    explicit StreamSocket(std::shared_ptr<AudioStream> stream)
    : stream(std::move(stream)), timer(stream_thread().context)
    {}

    void open()
    {
        began = steady_clock::now();
        connect();
    }

    void flush()
    {
        if (connection && is_open)
            connection->flush();
        else if (stream->has_ended())
            finish();
    }

    void sweep(Time now)
    {
        if (connection)
            connection->sweep(now);
    }

    void drop()
    {
        timer.cancel();
        if (connection)
            connection->drop();
        connection.reset();
    }

    void on_open() override
    {
        is_open = true;
        opened_at = steady_clock::now();
        stream->on_open(make_stream_sid(), was_open);
        was_open = true;
    }

    void on_failure(const Failure &failure) override
    {
        connection.reset();
        const bool was_open_now = is_open;
        is_open = false;
        if (stream->has_ended()) {
            finish();
            return;
        }
        if (was_open_now) {
            began = steady_clock::now();
            tries = opened_at + RETRY_WINDOW < began ? 0 : tries;
        } else if (failure.kind == Failure::LOST && next_address()) {
            connect();
            return;
        }
        if (failure.kind == Failure::LOST && may_try_again())
            try_again(failure.reason, was_open_now);
        else
            give_up(failure);
    }

    void on_closed() override
    {
        finish();
    }

private:
    bool may_try_again() const
    {
        return stream->settings.resumes && tries < RETRIES &&
               stream->facts().reconnects < stream->settings.max_reconnects &&
               steady_clock::now() + RETRY_DELAYS[tries] - began < RETRY_WINDOW;
    }

    void try_again(const std::string &reason, bool was_open_now)
    {
        if (was_open_now)
            stream->on_lost(reason);
        address = 0;
        std::shared_ptr<StreamSocket> self = shared_from_this();
        timer.expires_after(RETRY_DELAYS[tries++]);
        timer.async_wait([self](error_code error) {
            if (!error)
                self->connect();
        });
    }

    void give_up(const Failure &failure)
    {
        const char *end = failure.kind == Failure::INVALID  ? "invalid"
                          : failure.kind == Failure::CLOSED ? "closed"
                          : was_open                        ? "lost"
                                                            : "unreachable";
        stream->on_over(end, failure.reason);
        finish();
    }

    bool next_address()
    {
        return ++address < stream->settings.addresses.size();
    }

    void connect()
    {
        const StreamSettings &settings = stream->settings;
        if (stream->has_ended()) {
            finish();
            return;
        }
        try {
            connection = make_connection();
            connection->open(asio::ip::tcp::endpoint(
                asio::ip::make_address(settings.addresses.at(address)), settings.port));
        } catch (const std::exception &error) {
            give_up(Failure{Failure::REFUSED, std::string("It cannot be opened: ") + error.what() + "."});
        }
    }

    std::shared_ptr<Connection> make_connection()
    {
        StreamThread &thread = stream_thread();
        std::shared_ptr<ConnectionOwner> self = shared_from_this();
        if (!stream->settings.is_tls)
            return std::make_shared<SocketConnection<TcpStream> >(self, stream, thread.context);
        return std::make_shared<SocketConnection<TlsStream> >(
            self, stream, thread.context, thread.tls_of(stream->settings.tls_ca));
    }

    void finish()
    {
        std::shared_ptr<StreamSocket> self = shared_from_this();
        drop();
        stream_thread().forget(self);
    }

    const std::shared_ptr<AudioStream> stream;
    asio::steady_timer timer;
    std::shared_ptr<Connection> connection;
    size_t address = 0;
    unsigned tries = 0;
    bool is_open = false;
    bool was_open = false;
    Time began; /* of opening it, or of opening it again */
    Time opened_at;
};

/* -- the thread ---------------------------------------------------------------------------------- */

void StreamThread::open(const std::shared_ptr<AudioStream> &stream)
{
    std::shared_ptr<StreamSocket> socket = std::make_shared<StreamSocket>(stream);
    std::weak_ptr<StreamSocket> weak = socket;
    stream->notify = [this, weak] { notify(weak); };
    asio::post(context, [this, socket] {
        sockets.insert(socket);
        socket->open();
    });
    if (!thread.joinable())
        thread = std::thread(&StreamThread::run, this);
}

void StreamThread::run()
{
    context.restart();
    sweep();
    for (bool is_done = false; !is_done;) {
        try {
            context.run();
            is_done = true;
        } catch (const std::exception &) {
            /* A defect, or no memory: it costs its connection, whose time runs out. */
        }
    }
}

/* Once a second; it also keeps the thread alive. */
void StreamThread::sweep()
{
    Time now = steady_clock::now();
    std::set<std::shared_ptr<StreamSocket> > all = sockets;
    for (const std::shared_ptr<StreamSocket> &socket : all)
        socket->sweep(now);
    timer.expires_after(seconds(1));
    timer.async_wait([this](error_code error) {
        if (!error)
            sweep();
    });
}

void StreamThread::serve_notified()
{
    std::vector<std::weak_ptr<StreamSocket> > served;
    {
        std::lock_guard<std::mutex> guard(mutex);
        served.swap(notified);
    }
    for (const std::weak_ptr<StreamSocket> &weak : served)
        if (std::shared_ptr<StreamSocket> socket = weak.lock())
            socket->flush();
}

void StreamThread::forget(const std::shared_ptr<StreamSocket> &socket)
{
    sockets.erase(socket);
}

void StreamThread::close_all()
{
    std::set<std::shared_ptr<StreamSocket> > all;
    all.swap(sockets);
    for (const std::shared_ptr<StreamSocket> &socket : all)
        socket->drop();
    timer.cancel();
}

} // namespace

void prepare_stream_sockets()
{
    stream_thread();
}

void open_stream_socket(const std::shared_ptr<AudioStream> &stream)
{
    stream_thread().open(stream);
}

void stop_stream_sockets()
{
    stream_thread().stop();
}

} // namespace outring
