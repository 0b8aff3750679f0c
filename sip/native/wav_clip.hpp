/* WAV files to play: read and decoded once, on a thread of their own, into samples of
 * 8 kHz that all calls which play the same file share.
 *
 * PCM of 16 bits, A-law or µ-law, 8 or 16 kHz, mono. A file is hostile until it is parsed.
 */
#ifndef OUTRING_WAV_CLIP_HPP
#define OUTRING_WAV_CLIP_HPP

#include <pjmedia/alaw_ulaw.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "frames.hpp"
#include "worker_thread.hpp"

namespace outring {

const size_t MAX_MINUTES = 10;
const size_t MAX_SAMPLES = MAX_MINUTES * 60 * RATE;
const size_t MAX_FILE = 4 * MAX_SAMPLES + 65536;           /* bytes: 16 kHz, and other chunks */
const size_t MAX_OF_ALL = 256 * 1024 * 1024 / sizeof(int16_t); /* samples in memory at once */

typedef std::vector<int16_t> Samples;
typedef std::vector<uint8_t> Bytes;

/* What is wrong with a file, as the end of a sentence that begins with its name. */
struct WavError {
    std::string text;
};

/* -- the format ---------------------------------------------------------------- */

enum Coding { PCM = 1, ALAW = 6, ULAW = 7, EXTENSIBLE = 0xfffe };

struct WavFormat {
    unsigned coding;
    unsigned channels;
    unsigned rate;
    unsigned bits;
};

inline uint32_t little_endian(const uint8_t *bytes, unsigned count)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < count; ++i)
        value |= static_cast<uint32_t>(bytes[i]) << (8 * i);
    return value;
}

inline WavFormat parse_format(const uint8_t *body, size_t length)
{
    if (length < 16)
        throw WavError{"has a format chunk that is too short"};
    WavFormat format = {little_endian(body, 2), little_endian(body + 2, 2),
                        little_endian(body + 4, 4), little_endian(body + 14, 2)};
    if (format.coding == EXTENSIBLE && length >= 26)
        format.coding = little_endian(body + 24, 2);
    bool is_linear = format.coding == PCM && format.bits == 16;
    bool is_g711 = (format.coding == ALAW || format.coding == ULAW) && format.bits == 8;
    if (!is_linear && !is_g711)
        throw WavError{"is neither PCM of 16 bits nor A-law nor µ-law"};
    if (format.channels != 1)
        throw WavError{"is not mono"};
    if (format.rate != RATE && format.rate != 2 * RATE)
        throw WavError{"has neither 8 nor 16 kHz"};
    return format;
}

inline Samples decode(const WavFormat &format, const uint8_t *data, size_t length)
{
    Samples samples(length / (format.bits / 8));
    for (size_t i = 0; i < samples.size(); ++i)
        samples[i] = format.coding == PCM    ? little_endian(data + 2 * i, 2)
                     : format.coding == ALAW ? pjmedia_alaw2linear(data[i])
                                             : pjmedia_ulaw2linear(data[i]);
    return samples;
}

/* Every second sample, without what lies above half of the new rate: a windowed sinc. */
inline Samples halved(const Samples &samples)
{
    const int REACH = 31;
    double weights[2 * REACH + 1], sum = 0;
    for (int i = -REACH; i <= REACH; ++i) {
        double angle = M_PI * i / 2;
        double window = 0.5 + 0.5 * std::cos(M_PI * i / (REACH + 1));
        sum += weights[i + REACH] = window * (i ? std::sin(angle) / angle : 1);
    }
    Samples result(samples.size() / 2);
    int last = static_cast<int>(samples.size()) - 1;
    for (int place = 0; place < static_cast<int>(result.size()); ++place) {
        double value = 0;
        int from = std::max(2 * place - REACH, 0), to = std::min(2 * place + REACH, last);
        for (int i = from; i <= to; ++i)
            value += samples[i] * weights[i - 2 * place + REACH];
        value = std::max(-32768.0, std::min(32767.0, value / sum));
        result[place] = static_cast<int16_t>(std::lrint(value));
    }
    return result;
}

inline Samples parse_wav(const Bytes &file)
{
    if (file.size() < 12 || std::memcmp(&file[0], "RIFF", 4) ||
        std::memcmp(&file[8], "WAVE", 4))
        throw WavError{"is not a WAV file"};
    WavFormat format = {0, 0, 0, 0};
    for (size_t place = 12; place + 8 <= file.size();) {
        const uint8_t *chunk = &file[place];
        size_t length = little_endian(chunk + 4, 4), rest = file.size() - place - 8;
        bool is_streamed = length == 0xffffffff; /* by who did not know its length */
        if (!std::memcmp(chunk, "data", 4)) {
            if (!format.rate)
                throw WavError{"has no format before its audio"};
            if (length > rest && !is_streamed)
                throw WavError{"is cut short"};
            length = std::min(length, rest);
            if (length / (format.bits / 8) > MAX_SAMPLES * (format.rate / RATE))
                throw WavError{"is longer than " + std::to_string(MAX_MINUTES) + " minutes"};
            Samples samples = decode(format, chunk + 8, length);
            return format.rate == RATE ? samples : halved(samples);
        }
        if (length > rest)
            throw WavError{"is cut short"};
        if (!std::memcmp(chunk, "fmt ", 4))
            format = parse_format(chunk + 8, length);
        place += 8 + length + length % 2;
    }
    throw WavError{"has no audio"};
}

/* -- reading --------------------------------------------------------------------- */

/* A file that is open as long as this lives. */
class OpenFile {
public:
    explicit OpenFile(const std::string &path)
    : fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) /* FIFOs do not block */
    {
        if (fd < 0)
            throw WavError{std::string("cannot be read: ") + std::strerror(errno)};
    }
    ~OpenFile() { close(fd); }
    OpenFile(const OpenFile &) = delete;
    OpenFile &operator=(const OpenFile &) = delete;

    const int fd;
};

inline struct stat status_of(const OpenFile &file)
{
    struct stat status;
    if (fstat(file.fd, &status))
        throw WavError{std::string("cannot be read: ") + std::strerror(errno)};
    if (!S_ISREG(status.st_mode))
        throw WavError{"is not a file"};
    if (static_cast<uint64_t>(status.st_size) > MAX_FILE)
        throw WavError{"is longer than " + std::to_string(MAX_MINUTES) + " minutes"};
    return status;
}

inline Bytes content_of(const OpenFile &file, size_t size)
{
    Bytes bytes(size);
    size_t length = 0;
    while (length < size) {
        ssize_t count = read(file.fd, &bytes[length], size - length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            throw WavError{std::string("cannot be read: ") + std::strerror(errno)};
        if (count == 0)
            break;
        length += count;
    }
    bytes.resize(length);
    return bytes;
}

/* Decoded files, as long as anything plays them. Belongs to the thread of file_reader(). */
class Clips {
public:
    std::shared_ptr<const Samples> samples_of(const std::string &path)
    {
        OpenFile file(path);
        struct stat status = status_of(file);
        std::string version = path + '\n' + std::to_string(status.st_ino) + ' ' +
                              std::to_string(status.st_size) + ' ' +
                              std::to_string(status.st_mtim.tv_sec) + '.' +
                              std::to_string(status.st_mtim.tv_nsec);
        size_t in_memory = forget_unused();
        std::weak_ptr<const Samples> &known = clips[version];
        std::shared_ptr<const Samples> samples = known.lock();
        if (!samples) {
            samples = std::make_shared<const Samples>(
                parse_wav(content_of(file, status.st_size)));
            if (in_memory + samples->size() > MAX_OF_ALL)
                throw WavError{"does not fit beside what is played already"};
            known = samples;
        }
        return samples;
    }

private:
    /* How many samples are left. */
    size_t forget_unused()
    {
        size_t in_memory = 0;
        for (auto place = clips.begin(); place != clips.end();) {
            std::shared_ptr<const Samples> samples = place->second.lock();
            in_memory += samples ? samples->size() : 0;
            place = samples ? std::next(place) : clips.erase(place);
        }
        return in_memory;
    }

    std::map<std::string, std::weak_ptr<const Samples> > clips; /* by path and version */
};

/* A file that somebody wants to play. */
struct Clip {
    std::atomic<bool> is_read{false};
    std::shared_ptr<const Samples> samples; /* once it is read; NULL: it cannot be played */
    std::string error;                      /* then */
};

inline void read_clip(Clip &clip, const std::string &path)
{
    static Clips clips;
    try {
        clip.samples = clips.samples_of(path);
    } catch (const WavError &error) {
        clip.error = path + " " + error.text + ".";
    } catch (const std::bad_alloc &) {
        clip.error = path + " does not fit into memory.";
    }
    clip.is_read = true;
}

/* Begin to read *path*. */
inline std::shared_ptr<const Clip> open_clip(const std::string &path)
{
    std::shared_ptr<Clip> clip = std::make_shared<Clip>();
    file_reader().add([clip, path] {
        if (clip.use_count() > 1) /* somebody still wants it */
            read_clip(*clip, path);
    });
    return clip;
}

} // namespace outring

#endif
