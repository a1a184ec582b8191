# atlas_module, atlas_executable and atlas_test_program: how folders become targets.
#
#   atlas_module(NAME DEPS <module>... LIBS <target>... TEST_DEPS <module>... [THREADS] [DIR <folder>])
#
# makes a static library of the sources in src/NAME (or DIR), called atlas_NAME with '/' as '_'.
# Its headers are reached as "NAME/file.h" through an include root of its own, so that an include
# of a module that is not among DEPS, nor below one of them, does not compile.
#
# Which file goes where, by the end of its name:
#   *_test.cc      program test_NAME, ctest label unit; one ctest test a program
#   *_dbtest.cc    program dbtest_NAME, ctest label db: it starts a database server
#   *_testing.cc   library atlas_NAME_testing: fakes, matchers, conformance suites. The tests of
#                  every module above NAME link it. Its header ends in _testing.h.
#   main.cc        left out: it belongs to a program
#   other *.cc     the module
# THREADS adds the ctest label threads: these tests also run under ThreadSanitizer.

function(atlas_target_name OUT NAME)
  string(REPLACE "/" "_" flat "${NAME}")
  set(${OUT} "atlas_${flat}" PARENT_SCOPE)
endfunction()

# Gives the include root through which only the folder DIR is seen, as NAME.
function(atlas_include_root OUT TARGET NAME DIR)
  set(root "${CMAKE_BINARY_DIR}/include/${TARGET}")
  get_filename_component(parent "${root}/${NAME}" DIRECTORY)
  file(MAKE_DIRECTORY "${parent}")
  file(CREATE_LINK "${DIR}" "${root}/${NAME}" SYMBOLIC)
  set(${OUT} "${root}" PARENT_SCOPE)
endfunction()

function(atlas_add_library TARGET SCOPE_OUT)
  if(ARGN)
    add_library(${TARGET} STATIC ${ARGN})
    set(${SCOPE_OUT} PUBLIC PARENT_SCOPE)
  else()
    add_library(${TARGET} INTERFACE)
    set(${SCOPE_OUT} INTERFACE PARENT_SCOPE)
  endif()
endfunction()

# Tests are compiled as quickly as can be, whatever the preset; what they test is compiled as the
# preset says. The headers that all include are compiled once. clang-tidy reads without that: a
# test which forgets one of them is found there.
function(atlas_compile_quickly TARGET)
  target_compile_options(${TARGET} PRIVATE -O0 -U_FORTIFY_SOURCE)
  if(NOT ATLAS_PRECOMPILE)
    return()
  endif()
  if(NOT TARGET atlas_test_headers)
    file(WRITE "${CMAKE_BINARY_DIR}/generated/test_headers.cc" "")
    add_library(atlas_test_headers OBJECT "${CMAKE_BINARY_DIR}/generated/test_headers.cc")
    target_compile_options(atlas_test_headers PRIVATE -O0 -U_FORTIFY_SOURCE)
    target_link_libraries(atlas_test_headers PRIVATE GTest::gmock fmt::fmt Threads::Threads)
    target_precompile_headers(atlas_test_headers PRIVATE
      <gmock/gmock.h> <gtest/gtest.h> <fmt/format.h> <algorithm> <functional> <map> <optional>
      <string> <vector>)
  endif()
  target_link_libraries(${TARGET} PRIVATE fmt::fmt)
  target_precompile_headers(${TARGET} REUSE_FROM atlas_test_headers)
endfunction()

# A gtest program that is one ctest test of the same name.
#   LIBS targets, LABELS ctest labels, TIMEOUT seconds
function(atlas_gtest TARGET)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  add_executable(${TARGET} ${ARG_SOURCES})
  target_link_libraries(${TARGET} PRIVATE ${ARG_LIBS} GTest::gmock_main atlas::rapidcheck)
  atlas_compile_quickly(${TARGET})
  target_compile_definitions(${TARGET} PRIVATE ATLAS_TEST_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                                               ATLAS_TEST_BINARY="${CMAKE_BINARY_DIR}/atlas-bridge")
  set_target_properties(${TARGET} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  add_test(NAME ${TARGET} COMMAND ${TARGET} --gtest_brief=1)
  set_tests_properties(${TARGET} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
  if("db" IN_LIST ARG_LABELS)
    set_tests_properties(${TARGET} PROPERTIES PROCESSORS 2)
  endif()
  if("threads" IN_LIST ARG_LABELS)
    add_dependencies(thread_tests ${TARGET})
  endif()
endfunction()

function(atlas_module NAME)
  cmake_parse_arguments(ARG "THREADS" "DIR" "DEPS;LIBS;TEST_DEPS" ${ARGN})
  atlas_target_name(target "${NAME}")
  if(NOT ARG_DIR)
    set(ARG_DIR "src/${NAME}")
  endif()
  set(dir "${CMAKE_SOURCE_DIR}/${ARG_DIR}")

  # While modules are being written: a missing one takes the modules above it with it.
  if(NOT IS_DIRECTORY "${dir}")
    message(STATUS "module ${NAME}: skipped, ${ARG_DIR} does not exist")
    # Its coming changes the folder it comes into, and the build configures anew.
    get_filename_component(parent "${dir}" DIRECTORY)
    while(NOT IS_DIRECTORY "${parent}")
      get_filename_component(parent "${parent}" DIRECTORY)
    endwhile()
    set_property(DIRECTORY "${CMAKE_SOURCE_DIR}" APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${parent}")
    return()
  endif()
  set(deps)
  set(testing_deps)
  foreach(dep IN LISTS ARG_DEPS)
    atlas_target_name(dep_target "${dep}")
    if(NOT TARGET ${dep_target})
      message(STATUS "module ${NAME}: skipped, it needs ${dep}")
      return()
    endif()
    list(APPEND deps ${dep_target})
    list(APPEND testing_deps ${dep_target}_testing)
  endforeach()

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${dir}/*.cc")
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  set(tests ${sources})
  set(dbtests ${sources})
  set(testing ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER dbtests INCLUDE REGEX "_dbtest\\.cc$")
  list(FILTER testing INCLUDE REGEX "_testing\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_(test|dbtest|testing)\\.cc$")

  atlas_add_library(${target} scope ${sources})
  atlas_include_root(root ${target} "${NAME}" "${dir}")
  target_include_directories(${target} ${scope} "${root}")
  # __FILE__ of a header is spelled src/..., not through the include root.
  target_compile_options(${target} ${scope} "-fmacro-prefix-map=${root}/${NAME}/=${ARG_DIR}/")
  target_link_libraries(${target} ${scope} ${deps})
  if(sources)
    target_link_libraries(${target} PRIVATE ${ARG_LIBS})
  else()
    target_link_libraries(${target} INTERFACE ${ARG_LIBS})
  endif()
  set_target_properties(${target} PROPERTIES ATLAS_MODULE "${NAME}")

  if(NOT ATLAS_TESTS)
    return()
  endif()
  atlas_add_library(${target}_testing scope ${testing})
  target_link_libraries(${target}_testing ${scope}
    ${target} ${testing_deps} GTest::gmock atlas::rapidcheck)
  if(testing)
    target_link_libraries(${target}_testing PRIVATE ${ARG_LIBS})
    atlas_compile_quickly(${target}_testing)
  endif()
  set(test_libs ${target}_testing ${ARG_LIBS})
  foreach(dep IN LISTS ARG_TEST_DEPS)
    atlas_target_name(dep_target "${dep}")
    if(NOT TARGET ${dep_target})
      message(STATUS "tests of ${NAME}: skipped, they need ${dep}")
      return()
    endif()
    list(APPEND test_libs ${dep_target}_testing)
  endforeach()

  string(REGEX REPLACE "^atlas_" "" flat "${target}")
  set(labels)
  if(ARG_THREADS)
    set(labels threads)
  endif()
  if(tests)
    atlas_gtest(test_${flat} SOURCES ${tests} LIBS ${test_libs} LABELS unit ${labels} TIMEOUT 900)
  endif()
  if(dbtests)
    atlas_gtest(dbtest_${flat} SOURCES ${dbtests} LIBS ${test_libs} LABELS db ${labels} TIMEOUT 900)
  endif()
endfunction()

# Each tests/*_test.cc and tests/*_dbtest.cc is a program and a ctest test of its own, named
# after the file. Further *.cc there, such as a harness, are one library that all of them link.
function(atlas_end_to_end_tests DIR)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBS" ${ARGN})
  set(dir "${CMAKE_SOURCE_DIR}/${DIR}")
  if(NOT ATLAS_TESTS OR NOT IS_DIRECTORY "${dir}")
    return()
  endif()
  set(libs)
  foreach(dep IN LISTS ARG_DEPS)
    atlas_target_name(dep_target "${dep}")
    if(NOT TARGET ${dep_target})
      message(STATUS "${DIR}: skipped, it needs ${dep}")
      return()
    endif()
    list(APPEND libs ${dep_target}_testing)
  endforeach()
  file(GLOB_RECURSE programs CONFIGURE_DEPENDS "${dir}/*.cc")
  set(harness ${programs})
  list(FILTER programs INCLUDE REGEX "_(test|dbtest)\\.cc$")
  list(FILTER harness EXCLUDE REGEX "_(test|dbtest)\\.cc$")
  atlas_target_name(target "${DIR}")
  atlas_add_library(${target}_harness scope ${harness})
  atlas_include_root(root ${target}_harness "${DIR}" "${dir}")
  target_include_directories(${target}_harness ${scope} "${root}")
  target_link_libraries(${target}_harness ${scope} ${libs} ${ARG_LIBS})
  target_compile_definitions(${target}_harness ${scope}
    ATLAS_TEST_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
    ATLAS_TEST_BINARY="${CMAKE_BINARY_DIR}/atlas-bridge")
  foreach(program IN LISTS programs)
    get_filename_component(stem "${program}" NAME_WE)
    atlas_test_program(${stem} SOURCES "${program}" LIBS ${target}_harness)
  endforeach()
endfunction()

# One end-to-end program that runs the built binary (its path is ATLAS_TEST_BINARY).
function(atlas_test_program NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  set(label unit)
  if(NAME MATCHES "_dbtest$")
    set(label db)
  endif()
  atlas_gtest(${NAME} SOURCES ${ARG_SOURCES} LIBS ${ARG_LIBS} LABELS ${label} e2e TIMEOUT 900)
  if(TARGET atlas-bridge)
    add_dependencies(${NAME} atlas-bridge atlas-bridge-faults)
  endif()
endfunction()

# A program from one main file and the modules it stands on, at the top of the build folder.
function(atlas_executable NAME)
  cmake_parse_arguments(ARG "" "MAIN" "DEPS;LIBS" ${ARGN})
  if(NOT EXISTS "${CMAKE_SOURCE_DIR}/${ARG_MAIN}")
    message(STATUS "program ${NAME}: skipped, ${ARG_MAIN} does not exist")
    return()
  endif()
  set(libs)
  foreach(dep IN LISTS ARG_DEPS)
    atlas_target_name(dep_target "${dep}")
    if(NOT TARGET ${dep_target})
      message(STATUS "program ${NAME}: skipped, it needs ${dep}")
      return()
    endif()
    list(APPEND libs ${dep_target})
  endforeach()
  add_executable(${NAME} "${ARG_MAIN}")
  target_link_libraries(${NAME} PRIVATE ${libs} ${ARG_LIBS})
  set_target_properties(${NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")
endfunction()
