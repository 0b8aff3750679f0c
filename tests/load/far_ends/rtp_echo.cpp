/* The media of many callees at one port: all that comes is sent back, until the process is told to
 * end, which then prints how many packets these were: rtp_echo PORT.
 *
 * A process with hundreds of calls sends a packet of each within a millisecond or two: they have to
 * find room in the socket, and are taken many at a time.
 */
#include <arpa/inet.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sys/socket.h>

const int RECEIVE_BUFFER = 4 << 20; /* bytes; the kernel gives less if it may not */
const unsigned AT_ONCE = 64;
const timeval PATIENCE = {1, 0}; /* until it is looked whether it is over */

struct Batch {
    Batch()
    {
        for (unsigned i = 0; i < AT_ONCE; ++i) {
            parts[i].iov_base = bytes[i];
            messages[i] = {};
            messages[i].msg_hdr.msg_name = &senders[i];
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
    }

    /* Waits for the first; returns how many came, or -1 if none did. */
    int receive(int socket)
    {
        for (unsigned i = 0; i < AT_ONCE; ++i) {
            parts[i].iov_len = sizeof(bytes[i]);
            messages[i].msg_hdr.msg_namelen = sizeof(senders[i]);
        }
        return recvmmsg(socket, messages, AT_ONCE, MSG_WAITFORONE, nullptr);
    }

    int send_back(int socket, int count)
    {
        for (int i = 0; i < count; ++i)
            parts[i].iov_len = messages[i].msg_len;
        return sendmmsg(socket, messages, count, 0);
    }

    mmsghdr messages[AT_ONCE];
    iovec parts[AT_ONCE];
    sockaddr_in senders[AT_ONCE];
    char bytes[AT_ONCE][2048];
};

int open_socket(unsigned short port)
{
    sockaddr_in here = {};
    here.sin_family = AF_INET;
    here.sin_port = htons(port);
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int opened = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(opened, SOL_SOCKET, SO_RCVBUF, &RECEIVE_BUFFER, sizeof(RECEIVE_BUFFER));
    setsockopt(opened, SOL_SOCKET, SO_RCVTIMEO, &PATIENCE, sizeof(PATIENCE));
    if (bind(opened, reinterpret_cast<sockaddr *>(&here), sizeof(here)) < 0) {
        perror("bind");
        exit(1);
    }
    return opened;
}

volatile sig_atomic_t is_over = 0;

int main(int, char **arguments)
{
    std::signal(SIGTERM, [](int) { is_over = 1; });
    static Batch batch;
    int socket = open_socket(std::atoi(arguments[1]));
    long echoed = 0;
    while (!is_over) {
        int count = batch.receive(socket);
        int sent = count > 0 ? batch.send_back(socket, count) : 0;
        echoed += sent > 0 ? sent : 0;
    }
    printf("%ld\n", echoed);
}
