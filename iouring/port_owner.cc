// find_port_owner: /proc/net/tcp{,6} names the socket's inode, /proc/<pid>/fd who has it open.

#include <dirent.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "iouring/net.h"

namespace iouring {

namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;
struct CloseStream {
  void operator()(std::FILE* stream) const { std::fclose(stream); }
};
using Stream = std::unique_ptr<std::FILE, CloseStream>;

constexpr unsigned kStateListen = 0x0A;

// The inode of the listening socket, or 0.
uint64_t listening_inode(const char* table, uint16_t port) {
  const Stream stream(std::fopen(table, "re"));
  if (stream == nullptr) return 0;
  char line[512];
  while (std::fgets(line, sizeof line, stream.get()) != nullptr) {
    unsigned local_port = 0;
    unsigned state = 0;
    uint64_t inode = 0;
    const int fields = std::sscanf(
        line, "%*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*x:%*x %*x:%*x %*x %*d %*d %" SCNu64,
        &local_port, &state, &inode);
    if (fields == 3 && local_port == port && state == kStateListen) return inode;
  }
  return 0;
}

bool has_open(const std::string& descriptors, const std::string& target) {
  const Directory directory(opendir(descriptors.c_str()));
  if (directory == nullptr) return false;
  while (const dirent* entry = readdir(directory.get())) {
    char text[128];
    const std::string link = descriptors + "/" + entry->d_name;
    const ssize_t length = readlink(link.c_str(), text, sizeof text);
    if (length > 0 && target.compare(0, std::string::npos, text, static_cast<size_t>(length)) == 0)
      return true;
  }
  return false;
}

}  // namespace

int find_port_owner(uint16_t port) {
  uint64_t inode = listening_inode("/proc/net/tcp", port);
  if (inode == 0) inode = listening_inode("/proc/net/tcp6", port);
  if (inode == 0) return 0;
  const std::string target = "socket:[" + std::to_string(inode) + "]";
  const Directory processes(opendir("/proc"));
  if (processes == nullptr) return 0;
  while (const dirent* entry = readdir(processes.get())) {
    const int pid = std::atoi(entry->d_name);
    if (pid > 0 && has_open(std::string("/proc/") + entry->d_name + "/fd", target)) return pid;
  }
  return 0;
}

}  // namespace iouring
