/* Digits that come by more than one way, of which each counts once. Pure.
 *
 * A gateway that sends a key as an event or by INFO often lets the beginning of its tone
 * through. So what is heard counts only until a key has come another way.
 */
#ifndef OUTRING_DIGIT_PATHS_HPP
#define OUTRING_DIGIT_PATHS_HPP

#include <string>
#include <vector>

namespace outring {

/* How a digit has come. */
enum class DigitPath { EVENT = 0, INFO = 1, INBAND = 2 };

/* Tells digits that come a second time from new ones. Times are seconds, of one clock. */
class DigitPaths {
public:
    /* Whether *digit*, which comes by *path* at the time *at*, is new. */
    bool accepts(char digit, DigitPath path, double at)
    {
        const double TWICE_S = 1; /* an INFO may come so much later than its tone */
        if (path == DigitPath::INBAND) {
            heard = digit;
            heard_at = at;
            return !is_signalled;
        }
        const bool is_double = !is_signalled && heard == digit && at - heard_at < TWICE_S;
        is_signalled = true;
        return !is_double;
    }

private:
    bool is_signalled = false; /* an event or INFO has come */
    char heard = 0;
    double heard_at = 0;
};

} // namespace outring

/* Which of the digits that come one after another count, in their order: *paths* has a
 * number of DigitPath for each of *digits*, *times_ms* its time. For tests. */
inline std::string outring_new_digits(const std::string &digits, const std::string &paths,
                                      const std::vector<int> &times_ms)
{
    outring::DigitPaths known;
    std::string accepted;
    for (size_t i = 0; i < digits.size() && i < paths.size() && i < times_ms.size(); ++i)
        if (known.accepts(digits[i], static_cast<outring::DigitPath>(paths[i] - '0'),
                          times_ms[i] / 1000.0))
            accepted += digits[i];
    return accepted;
}

#endif
