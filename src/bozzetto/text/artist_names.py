"""Names that prompts credit for their look, to recognise them; none is ever added by us.

A clause made of these words alone, at least one of the telling ones, is a credit even
without "by". Everybody else is recognised by the pattern around the name.
"""

from __future__ import annotations

__all__ = ["ALSO_WORDS", "FIRST_NAMES", "NAMES", "STUDIOS", "TELLING_NAMES"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TELLING_NAMES = _words(
    """rutkowski rutkowsk rutkowsky rutowski rutkowskim artgerm wlop mucha kuvshinov kushinov
    kuvishinov kuvshinow rossdraws ossdraws rhads loish baarle beksinski beksiński beeple
    mullins ghibli giger leyendecker moebius mohrbacher mohrhauser mohrbaucher bagshaw
    cushart kushart krenz ruan villeneuve shinkai ejsing jesper sakimichan riabovitchev
    simonetti bussiere gaston hildebrandt vallejo frazetta franzetta franzzeta giancola
    donato barlowe klimt mumford karol bak amano yoshitaka kinkade kindkade manchess gurney
    stalenhag stålenhag zdzislaw zdzisław zdislav greasley knab ferdinand bowater ngai rocha
    bouguereau adolphe takato rembrandt caravaggio magritte elvgren ryden bosch hieronymus
    otomo katsuhiro dore doré brom mignola basquiat bierstadt aivazovsky monet picasso gogh
    dali dalí frank-frazetta vermeer botticelli michelangelo rackham waterhouse goya titian
    tintoretto ingres fragonard watteau gainsborough turner constable friedrich hokusai
    hiroshige kandinsky malevich matisse cezanne cézanne renoir degas manet pissarro seurat
    signac toulouse-lautrec munch schiele kokoschka hopper rockwell warhol lichtenstein
    hockney pollock rothko bacon freud botero miyazaki hayao takeshi obata kojima yoji
    shinkawa ayami akihiko nixeu murata kentaro miura junji ito toriyama akira-toriyama
    araki hirohiko clamp naoko takeuchi satoshi-kon samura lipking lipkin lipkinng tocchini
    swanland delville grimmer tyler-edlin edlin josan finnstark ghailan asenath tran
    fenghua-zhong zhong jurgens ilya sachin teng huang guangjian artem demura viktoria
    gavrilenko choko loftis behance-hd zabrocki zawadzki kopera tomasz alen andreas-rocha
    liam-brazier kilian eng mattias adolfsson maciej kuciara rozalski jakub sparth dittmann
    hironaka harumi hodas filip tooth-wu peter-mohrbacher sorayama hajime kostic royo bisley
    corben druillet bilal jodorowsky manara milo crepax serpieri sienkiewicz kirby ditko
    byrne mcfarlane mazzucchelli bolland alan-lee howe nasmith hughes-adam jusko hickman
    whelan eggleton foss mcquarrie mead syd ralph ridley cronenberg kubrick lynch tarkovsky
    wes-anderson deakins lubezki crewdson leibovitz annie-leibovitz mccurry salgado avedon
    penn newton-helmut lindbergh mapplethorpe arbus winogrand eggleston weston brassai
    bresson nadar cameron-julia lange adams-ansel ansel haeckel audubon blossfeldt escher
    arcimboldo brueghel bruegel cranach dürer durer holbein memling eyck velazquez velázquez
    zurbaran murillo ribera sargent zorn sorolla repin shishkin levitan savrasov kuindzhi
    vasnetsov vrubel serov roerich bilibin ivan-bilibin alma-tadema tadema leighton
    burne-jones rossetti millais hunt-holman godward draper solomon gérôme gerome cabanel
    moreau redon puvis böcklin bocklin stuck klinger kubin ensor spitzweg cole-thomas
    church-frederic moran-thomas remington wyeth pyle parrish maxfield dulac nielsen-kay
    goble clarke-harry crane-walter potter-beatrix seuss sendak mcbess kricfalusi groening
    tezuka osamu urushihara artstation-artgerm inceoglu ismail janusz-miralles miralles
    brocoli horkey stokes-anne alena aenami adamus fenton dan-mumford gilleard
    james-gilleard victo wangechi mutu kusama yayoi murakami takashi nara-yoshitomo koons
    banksy kaws obey fairey haring keith-haring gaudi gaudí hadid zaha gehry
    wright-frank-lloyd corbusier calatrava niemeyer zimmer eames mcqueen-alexander
    iris-herpen herpen versace gucci balenciaga valentino dior chanel vuitton chihuly mueck
    hirst hanson-duane rodin bernini canova brancusi giacometti nekro borja fanbox ufotable
    madhouse kyoani trigger-studio bandai toei ghibly serafleur esuthio karlkka ravelo
    bontempi briclot aleksi zhang-jingna jingna zhu feng khyzyl saleem kim-jung-gi hyung-tae
    bo-chen minjun-chen shigenori soejima nomura tetsuya nomura-tetsuya makoto-shinkai
    yoneyama mai kawase hasui yoshida hiroshi harunobu utamaro kuniyoshi yoshitoshi kaethe
    butcher mandy-jurgens stefan-gesele gesele bauer-john mucha-alphonse alphonse artgem
    stanley-lau lehr barlow wrightson pennington berkey mcbride-angus mckie roger-dean
    clyde-caldwell caldwell elmore parkinson easley keith-parkinson dorman tedesco canty
    kuvshinova starember vofan rej-red erak nosfell ergojosh kuroda hoang-lap lap hoàng
    paul-lehr aublet albert-aublet vogelsang larson-abigail swynnerton outram kawanabe
    kyosai jeleniewski ferri afshar petros mcneill whistler-james whistler hassam cassatt
    homer-winslow winslow bellows thiebaud ernst-haeckel max-ernst delvaux tanguy
    carrington-leonora leonora varo remedios kahlo frida o'keeffe georgia-o'keeffe lempicka
    tamara erte erté cassandre lautrec cheret chéret steinlen vonnegut vargas petty-george
    sundblom haddon mcginnis bama chantrell struzan drew-struzan casaro olly-moss
    phantom-city-creative stout-tyler ansato""".replace("-", " ")
)
"""Surnames and handles that mean an artist, or a maker of pictures, when they stand alone."""

# Words of names above that are ordinary words or first names: they tell nothing alone.
TELLING_NAMES -= _words(
    """frank city creative behance hd red stone dean roger keith drew george john max paul
    peter tom james andreas alex alan annie dan harry thomas walter beatrix kay albert
    abigail adam anne julia stanley stout tyler winslow lloyd wright crane potter church
    cole hunt moss phantom studio trigger artstation bandai turner constable homer freud
    bacon draper stuck lynch penn newton clamp lange cameron weston hopper kirby howe mead
    eng mai lap tran trans huang zhong bak ilya otto wu kon bo jung gi tae kim chen lee zhu
    feng satoshi takashi makoto alphonse karol ruan andrew lau jesper ferdinand donato
    gaston filip sachin teng loftis ernst dior chanel gucci versace valentino balenciaga
    vuitton tamara frida georgia leonora milo ralph ridley syd liam brazier iris alexander
    hughes bauer larson petty harumi jakub tomasz jones maciej duane hanson anderson wes
    ansel adams tooth mattias kilian asenath nara brom stokes cranach solomon leighton moran
    moreau byrne madhouse clyde angus mcneill akira""",
)

FIRST_NAMES = _words(
    """aaron adam adrian akihiko akira alan albert albrecht aleksi alena alessandro alex
    alexander alexandre alexei alfred alice alphonse amanda amy ana andre andrea andreas
    andrei andrew andy angus anna anne annie anselm anthony anton antonio armand arnold
    arthur artur asher ashley august auguste barry bastien ben benjamin bernard bill bob
    boris brad brandon brett brian bruce bruno bryan bryce camille carl carlos caroline
    caspar catherine cedric charles charlie chris christian christopher claire claude clive
    clyde colin conrad craig cyril dale damien dan daniel dariusz dave david dean denis
    dennis diego dimitri don donato doug drew duncan ed eddie edgar edmund eduard edward
    edwin egon eiichiro elena elizabeth ellen emil emily emma eric erik ernst esao eugene
    eva evan evelyn felix ferdinand fernanda fernando filip finnian florian floyd francis
    francisco francois françois frank franz fred frederic frederick frida fujimoto gabriel
    gary gaston gene george georgia gerald gerard gerhard gianni gil giorgio giovanni
    giuseppe glenn gottfried greg gregory guillermo gustav gustave guy hans harold harry
    hayao heinrich helen henri henry herbert hermann hieronymus hiroshi howard hubert hugh
    hugo ian igor ilya irene isaac ivan jack jackson jacob jacques jaime jake jakub james
    jamie jan jane janet jason jasper jean jeff jeffrey jeremy jerry jesper jessica jim
    jimmy joan joao joe johan johannes john johnny jon jonathan jordan jorge jose josef
    joseph josh joshua juan julia julian julie jules justin kai karel karl karol kate
    katsuhiro katsuya kazuo keith ken kenneth kevin kilian kim konstantin krenz kurt kyle
    lars larry laura laurie lawrence lee leo leon leonardo leonid liam lilia lisa liz lois
    lorenzo louis luc luca lucas lucian lucy luis luke maciej magali mai makoto mandy manuel
    marc marcel marco marcus margaret maria marianne mario mark martin martine mary mathew
    matt matthew mattias maurice max maxfield mel michael michal michel mike mikhail milo
    milton moritz nathan naoki natalie neil niccolo nicholas nick nicolas nikolai noah
    noriyoshi norman oleg oliver olivier oscar otto pablo paolo pascal pat patrick paul
    pavel pedro pete peter petros phil philip philippe pierre piet pieter quentin rachel
    rafael ralph raphael ray raymond rebecca rene rené ricardo richard rob robert roberto
    rodney roger roman ron ronald ross roy russ russell ryan sachin salvador sam samuel
    sandra sandro santiago sarah satoshi scott sean sebastian sergei sergey seth shane simon
    sidney stanley stefan stephan stephen steve steven stuart sue susan suzanne sven takashi
    takeshi tamara ted teodor terry tetsuya theodor theodore thomas tim timothy tom tomasz
    tony travis trevor tristan tyler ulrich valentin vasily victor viktor vincent vito
    vittorio vladimir wadim walt walter warren wassily wayne wenjun wes wilhelm willem
    william wolfgang yasushi yoji yoshi yoshitaka yuri yusuke yves zack zdzislaw zdzisław"""
)
"""Given names, to tell "noah bradley" from a thing in a list that follows "by"."""

_OTHER_NAMES = _words(
    """agnes alberto albuquerque alejandro alexandra alfons allen alma-tadema alyssa
    anastasia anato anders angela ansel antoine aoyama argyle artemisia artgerms astri
    atey audrey austin avery bak barbara baskin bengus bernie bertil blom bonestell
    bourgeois brom brosmin burns burton carla carpenter chagall cheng church clint cole
    constable coop cornelius cornell cuneo daniela dante davinci deharme delacroix
    delort demizu dmitri dmitry donald dorothea douglas drooker dustin edmiston edvard
    eli elon elson enki esteban eve evgeny eyvind fenech freud frouard fuchs gauguin
    geoffrey georges gibbons giraud glen goldsworthy gordon grandville greiffenhagen
    grzegorz guay harding hearne hector hidari hollis homer hopper howe huang inio inoue
    irina jacobson jansson jay jennifer jenny jesse jia joel johfra jonas jordi judy
    julius kaluta karolina karpinski katherine kathryn keanu kelly kent kirby kittelsen
    klee klimov kris krzysztof kunkka kush lacoste lange lau laurel leonora leslie lewis
    louise lovecraft ludwig lynch mabel magdalena mandelbrot marie marius marta masaaki
    masamune mateusz mati mats mattioli maxim mcguinness mckean mead meade megan miguel
    mikael miles miller miro mitch modigliani mondrian monge morandi moreau nagel newton
    nicola nicole nihei nikita nizovtsev nyren okeeffe olivia opie paquette patricia
    pawel piotr prince raffaello ramon randy richter rick riddell riddle ridley rios
    ritts robin roland romain rousseau ruan ruben rubens rudolf sachs samantha sara
    schmid schomburg shaohua shaun shawn shinichi shohei singer siudmak skottie snyder
    sophie spielberg stan steadman stein stjepan syd sydney tarantino taylor terada
    thole todd tomas tomer tran tsutomu turner turrell uelsmann ueshiba utagawa vango
    veronese victoria vincenzo vinci virgil volkan watson watts weegee wei weta will
    winslow wojciech wood yamaguchi zhu"""
)

NAMES = FIRST_NAMES | TELLING_NAMES | _OTHER_NAMES
"""All single names we know: none of them is ever added, whatever else the word may mean."""

ALSO_WORDS = _words(
    """argyle artemisia august bill bob bourgeois burns butcher carpenter christian church
    constable dale dean drew eve frank gene gibbons glen grimmer guy homer hopper jack
    jasper jay jean jenny laurel lynch mark martin mats maxim mead miles miller munch
    nick norman obey pat prince ray riddle rob robin roman singer stein sue turner
    warren watts will wood"""
)
"""Those among the names that say nobody's name as a rule: a church, a carpenter, wood."""

STUDIOS = (
    "industrial light and magic",
    "studio ghibli",
    "ghibli studio",
    "kyoto animation",
    "studio trigger",
    "digital domain",
    "weta digital",
    "weta workshop",
    "weta",
    "walt disney",
    "disney",
    "pixar",
    "dreamworks",
    "cartoon network",
    "marvel comics",
    "dc comics",
    "marvel",
    "lucasfilm",
    "blizzard",
    "hr giger",
    "h. r. giger",
    "dr. seuss",
    "dr seuss",
    "national geographic",
    "unreal engine 5",
    "unreal engine",
    "octane",
    "world of aaa",
    "rutkowski",
    "van gogh",
    "stanley artgerm lau",
)
"""Credits of several words, or that look like words of style, taken whole after "by"."""
