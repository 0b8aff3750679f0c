/* Threads for what may take its time, which is files: neither the one that polls nor the
 * clock of the media waits for a disk.
 */
#ifndef OUTRING_WORKER_THREAD_HPP
#define OUTRING_WORKER_THREAD_HPP

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace outring {

/* One thread, started by its first job, that does jobs in their order. A job must not
 * throw. */
class Worker {
public:
    void add(std::function<void()> job)
    {
        std::lock_guard<std::mutex> guard(mutex);
        jobs.push_back(std::move(job));
        if (!thread.joinable())
            thread = std::thread(&Worker::run, this);
        changed.notify_one();
    }

    /* Do what is left, and end the thread. */
    void stop()
    {
        {
            std::lock_guard<std::mutex> guard(mutex);
            is_stopping = true;
            changed.notify_one();
        }
        if (thread.joinable())
            thread.join();
        thread = std::thread();
        is_stopping = false;
    }

private:
    void run()
    {
        std::unique_lock<std::mutex> guard(mutex);
        for (;;) {
            changed.wait(guard, [this] { return is_stopping || !jobs.empty(); });
            if (jobs.empty())
                return;
            std::function<void()> job = std::move(jobs.front());
            jobs.pop_front();
            guard.unlock();
            job();
            job = nullptr; /* what it holds may be destroyed with this */
            guard.lock();
        }
    }

    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::function<void()> > jobs;
    std::thread thread;
    bool is_stopping = false;
};

/* Both live as long as the process does: nobody joins them where it just exits. */

inline Worker &file_reader()
{
    static Worker &instance = *new Worker;
    return instance;
}

inline Worker &file_writer()
{
    static Worker &instance = *new Worker;
    return instance;
}

} // namespace outring

#endif
