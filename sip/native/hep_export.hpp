/* HEP3: Homer encapsulation, version 3. Copies of the signalling, as datagrams to a server. */
#ifndef OUTRING_HEP_EXPORT_HPP
#define OUTRING_HEP_EXPORT_HPP

#include "message.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

namespace outring {

/* Types of generic chunks (vendor 0). */
enum Chunk {
    IP_FAMILY = 0x0001,
    IP_PROTOCOL = 0x0002,
    SOURCE_IPV4 = 0x0003,
    DESTINATION_IPV4 = 0x0004,
    SOURCE_IPV6 = 0x0005,
    DESTINATION_IPV6 = 0x0006,
    SOURCE_PORT = 0x0007,
    DESTINATION_PORT = 0x0008,
    SECONDS = 0x0009,
    MICROSECONDS = 0x000a,
    PROTOCOL_TYPE = 0x000b,
    CAPTURE_AGENT = 0x000c,
    AUTHENTICATION_KEY = 0x000e,
    PAYLOAD = 0x000f,
    CORRELATION_ID = 0x0011
};
const uint8_t SIP = 1; /* a PROTOCOL_TYPE */

class Packet {
public:
    explicit Packet(size_t payload) : bytes("HEP3\0\0", 6)
    {
        bytes.reserve(payload + 256);
    }

    void add(Chunk type, const void *value, size_t length)
    {
        append16(0); /* vendor */
        append16(type);
        append16(length + 6);
        bytes.append(static_cast<const char *>(value), length);
    }
    void add8(Chunk type, uint8_t value)
    {
        add(type, &value, sizeof(value));
    }
    void add16(Chunk type, uint16_t value)
    {
        value = htons(value);
        add(type, &value, sizeof(value));
    }
    void add32(Chunk type, uint32_t value)
    {
        value = htonl(value);
        add(type, &value, sizeof(value));
    }

    const std::string &whole()
    {
        bytes[4] = static_cast<char>(bytes.size() >> 8);
        bytes[5] = static_cast<char>(bytes.size());
        return bytes;
    }

private:
    void append16(size_t value)
    {
        bytes += static_cast<char>(value >> 8);
        bytes += static_cast<char>(value);
    }

    std::string bytes;
};

/* Our end of *transport*; where it is bound to every address, the one that it publishes. */
inline pj_sockaddr local_address(const pjsip_transport *transport)
{
    pj_sockaddr address;
    pj_sockaddr_cp(&address, &transport->local_addr);
    if (!pj_sockaddr_has_addr(&address))
        pj_inet_pton(address.addr.sa_family, &transport->local_name.host,
                     pj_sockaddr_get_addr(&address));
    return address;
}

struct Exporter {
    int fd = -1; /* a connected UDP socket that belongs to Python; -1: nothing is exported */
    uint32_t agent = 0;
    std::string key;
    unsigned long sent = 0;
    unsigned long dropped = 0;

    void send_out(const Message &message)
    {
        Packet packet(message.length);
        add_addresses(packet, message);
        int64_t now = microseconds(CLOCK_REALTIME);
        packet.add32(SECONDS, static_cast<uint32_t>(now / 1000000));
        packet.add32(MICROSECONDS, static_cast<uint32_t>(now % 1000000));
        packet.add8(PROTOCOL_TYPE, SIP);
        packet.add32(CAPTURE_AGENT, agent);
        if (!key.empty())
            packet.add(AUTHENTICATION_KEY, key.data(), key.size());
        packet.add(CORRELATION_ID, message.cid->id.ptr, message.cid->id.slen);
        packet.add(PAYLOAD, message.bytes, message.length);
        const std::string &whole = packet.whole();
        bool is_sent = send(fd, whole.data(), whole.size(), MSG_DONTWAIT) >= 0;
        ++(is_sent ? sent : dropped);
    }

private:
    static void add_addresses(Packet &packet, const Message &message)
    {
        pj_sockaddr local = local_address(message.transport);
        const pj_sockaddr *source = message.is_sent ? &local : message.peer;
        const pj_sockaddr *destination = message.is_sent ? message.peer : &local;
        bool is_ipv6 = message.peer->addr.sa_family == pj_AF_INET6();
        bool is_udp = message.transport->flag & PJSIP_TRANSPORT_DATAGRAM;
        size_t length = is_ipv6 ? 16 : 4;
        packet.add8(IP_FAMILY, is_ipv6 ? AF_INET6 : AF_INET);
        packet.add8(IP_PROTOCOL, is_udp ? IPPROTO_UDP : IPPROTO_TCP);
        packet.add(is_ipv6 ? SOURCE_IPV6 : SOURCE_IPV4, pj_sockaddr_get_addr(source), length);
        packet.add(is_ipv6 ? DESTINATION_IPV6 : DESTINATION_IPV4,
                   pj_sockaddr_get_addr(destination), length);
        packet.add16(SOURCE_PORT, pj_sockaddr_get_port(source));
        packet.add16(DESTINATION_PORT, pj_sockaddr_get_port(destination));
    }
};

} // namespace outring

#endif
