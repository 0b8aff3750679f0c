/* A server for audio streams that sends all sound back, on one thread: stream_echo PORT.
 *
 * It reads no further until what it sends back has been taken.
 */
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>

#include <cstdlib>
#include <memory>
#include <string_view>

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;

typedef asio::basic_stream_socket<tcp, asio::io_context::executor_type> Socket;
typedef asio::basic_socket_acceptor<tcp, asio::io_context::executor_type> Acceptor;

const std::string_view SOUND = "{\"event\":\"media\"";

/* One WebSocket; it lives as long as something is awaited of it. Beast answers pings and close
 * frames by itself. */
class Echo : public std::enable_shared_from_this<Echo>
{
public:
    explicit Echo(Socket &&accepted) : socket(std::move(accepted)) {}

    void open()
    {
        socket.next_layer().set_option(tcp::no_delay(true));
        socket.async_accept([self = shared_from_this()](error_code error) {
            if (!error)
                self->read();
        });
    }

private:
    void read()
    {
        message.clear();
        socket.async_read(message, [self = shared_from_this()](error_code error, size_t) {
            if (!error)
                self->take();
        });
    }

    void take()
    {
        std::string_view text(static_cast<const char *>(message.data().data()), message.size());
        if (text.substr(0, SOUND.size()) != SOUND)
            return read();
        socket.async_write(message.data(), [self = shared_from_this()](error_code error, size_t) {
            if (!error)
                self->read();
        });
    }

    beast::websocket::stream<Socket> socket;
    beast::flat_buffer message;
};

void serve(Acceptor &acceptor)
{
    acceptor.async_accept([&acceptor](error_code error, Socket accepted) {
        if (!error)
            std::make_shared<Echo>(std::move(accepted))->open();
        serve(acceptor);
    });
}

int main(int, char **arguments)
{
    asio::io_context context(1);
    unsigned short port = std::atoi(arguments[1]);
    Acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), port));
    serve(acceptor);
    context.run();
}
