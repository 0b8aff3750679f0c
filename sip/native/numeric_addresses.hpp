/* PJLIB's door to the system's resolver, shut.
 *
 * Most of PJSIP takes an address by pj_sockaddr_init(), which looks up what is no number,
 * on the thread that polls: every call would wait for a silent name server. The linker takes
 * pj_getaddrinfo() and pj_gethostbyname() from here instead of from PJLIB, so that nothing
 * in this module can ask a name server, whatever a far end sends and whoever calls. Names of
 * hosts that have to be found are resolved outside (see resolve() in outring.hpp).
 * To be included once: these are no inline functions.
 */
#ifndef OUTRING_NUMERIC_ADDRESSES_HPP
#define OUTRING_NUMERIC_ADDRESSES_HPP

#include <pj/addr_resolv.h>
#include <pj/errno.h>
#include <pj/sock.h>
#include <pj/string.h>

#include <arpa/inet.h>
#include <cstring>
#include <net/if.h>
#include <string>

namespace outring {

/* "192.0.2.1", "2001:db8::1" or "fe80::1%eth0" of *family*. */
inline bool to_sockaddr(const std::string &text, int family, pj_sockaddr &address)
{
    const size_t percent = text.find('%');
    const std::string number = text.substr(0, percent);
    void *binary = family == pj_AF_INET6() ? static_cast<void *>(&address.ipv6.sin6_addr)
                                           : static_cast<void *>(&address.ipv4.sin_addr);
    std::memset(&address, 0, sizeof(address));
    address.addr.sa_family = static_cast<pj_uint16_t>(family);
    if (inet_pton(family, number.c_str(), binary) != 1)
        return false;
    if (percent == std::string::npos)
        return true;
    if (family == pj_AF_INET6())
        address.ipv6.sin6_scope_id = if_nametoindex(text.substr(percent + 1).c_str());
    return family == pj_AF_INET6() && address.ipv6.sin6_scope_id;
}

} // namespace outring

extern "C" {

/* Of numbers alone: a name is unknown, at once. */
pj_status_t pj_getaddrinfo(int family, const pj_str_t *name, unsigned *count,
                           pj_addrinfo found[])
{
    const int families[] = {pj_AF_INET(), pj_AF_INET6()};
    if (!name || name->slen <= 0 || name->slen >= PJ_MAX_HOSTNAME || !count || !*count)
        return PJ_ERESOLVE;
    const std::string text(name->ptr, name->slen);
    *count = 1;
    for (size_t i = 0; i < 2; ++i) {
        if ((family != families[i] && family != pj_AF_UNSPEC()) ||
            !outring::to_sockaddr(text, families[i], found[0].ai_addr))
            continue;
        std::strcpy(found[0].ai_canonname, text.c_str());
        return PJ_SUCCESS;
    }
    *count = 0;
    return PJ_ERESOLVE;
}

pj_status_t pj_gethostbyname(const pj_str_t *, pj_hostent *)
{
    return PJ_ERESOLVE;
}

} /* extern "C" */

#endif
