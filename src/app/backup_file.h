#pragma once

// The file that `state backup` makes.

#include "foundation/result.h"

#include <fstream>
#include <string>

namespace atlas::app {

// A file that appears whole or not at all, for nobody else's eyes: what it is made in goes when the
// work ends early. Nothing but an older backup gives way to it.
//   errors  kFileInTheWay: what has the name is no backup; kFileUnwritable
class BackupFile {
 public:
  explicit BackupFile(std::string path);
  ~BackupFile();
  BackupFile(const BackupFile&) = delete;
  BackupFile& operator=(const BackupFile&) = delete;

  Result<> open();
  std::ostream& out() { return out_; }
  // Gives it its name.
  Result<> finish();

 private:
  std::string path_, part_;
  std::ofstream out_;
  bool made_ = false;
};

}  // namespace atlas::app
