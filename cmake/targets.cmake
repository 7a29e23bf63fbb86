# What every target of the project has in common, and the function that makes one library of one folder.

# Linked PRIVATE, so that users of a library are not bothered.
add_library(tv_options INTERFACE)
target_include_directories(tv_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(tv_options INTERFACE _POSIX_C_SOURCE=200809L _FILE_OFFSET_BITS=64)
target_compile_options(tv_options INTERFACE
        -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes -Wstrict-prototypes
        $<$<BOOL:${TCPVERDICT_WERROR}>:-Werror>
        # The same bytes wherever the source lies.
        -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)

if(TCPVERDICT_SANITIZE)
        add_compile_options(-fsanitize=${TCPVERDICT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
        add_link_options(-fsanitize=${TCPVERDICT_SANITIZE})
endif()
if(TCPVERDICT_FUZZ)
        add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(TCPVERDICT_LTO)
        include(CheckIPOSupported)
        check_ipo_supported(RESULT has_lto LANGUAGES C)
        if(has_lto)
                set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
        endif()
endif()

# tv_library(NAME [EXCEPT file...] [LINK target...]) makes a static library of the current folder's *.c files.  A folder
# that has none is a library of headers.
function(tv_library name)
        cmake_parse_arguments(arg "" "" "EXCEPT;LINK" ${ARGN})
        file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
        foreach(file IN LISTS arg_EXCEPT)
                list(REMOVE_ITEM sources ${CMAKE_CURRENT_SOURCE_DIR}/${file})
        endforeach()
        if(sources)
                add_library(${name} STATIC ${sources})
                target_link_libraries(${name} PRIVATE tv_options ${arg_LINK})
        else()
                add_library(${name} INTERFACE)
                target_link_libraries(${name} INTERFACE ${arg_LINK})
        endif()
endfunction()
